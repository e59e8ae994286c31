-- What a pull brought and could not place: how much, why, and one of them.
ALTER TABLE "telemetry_source" ADD COLUMN "rejected" BIGINT NOT NULL DEFAULT 0, ADD COLUMN "last_rejection" TEXT,
  ADD COLUMN "last_rejected_sample" TEXT, ADD COLUMN "last_rejected_at" TIMESTAMPTZ(3);
-- A service in two regions has two series; empty where its source names no region.
ALTER TABLE "metric_point" ADD COLUMN "region" TEXT NOT NULL DEFAULT '';
ALTER TABLE "metric_point" DROP CONSTRAINT "metric_point_pkey";
ALTER TABLE "metric_point" ADD CONSTRAINT "metric_point_pkey" PRIMARY KEY ("tenant_id", "service", "metric", "ts", "region");
