-- How a stream was before a failover cut it: what puts it back where that failover fails. Null while it is not cut.
ALTER TABLE "replication_stream" ADD COLUMN "cut" JSONB;
