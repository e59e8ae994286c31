-- What a search looked at, and how far one that looks for every value has come.
ALTER TABLE "replication_scan" ADD COLUMN "state" TEXT NOT NULL DEFAULT 'done';
ALTER TABLE "replication_scan" ADD COLUMN "whole" BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE "replication_scan" ADD COLUMN "looked" JSONB;
ALTER TABLE "replication_scan" ADD COLUMN "cursor" JSONB;
ALTER TABLE "replication_scan" ADD COLUMN "chunks" INTEGER NOT NULL DEFAULT 0;
