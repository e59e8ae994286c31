-- Since when the configuration names a source no longer.
ALTER TABLE "telemetry_source" ADD COLUMN "retired_at" TIMESTAMPTZ(3);
