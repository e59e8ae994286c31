-- Why the console itself paused a stream; null where nobody or a person did.
ALTER TABLE "replication_stream" ADD COLUMN "held" JSONB;
