-- Heartbeats that were accepted: those without `recorded_at` are still owed an entry of the ledger.
CREATE TABLE "region_beat" (
    "region_id" TEXT NOT NULL,
    "sequence" BIGINT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "heard_at" TIMESTAMPTZ(3) NOT NULL,
    "recorded_at" TIMESTAMPTZ(3),

    CONSTRAINT "region_beat_pkey" PRIMARY KEY ("region_id","sequence")
);
CREATE INDEX "region_beat_owed_idx" ON "region_beat"("heard_at") WHERE "recorded_at" IS NULL;
ALTER TABLE "region_beat" ADD CONSTRAINT "region_beat_region_id_fkey" FOREIGN KEY ("region_id") REFERENCES "region"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

SELECT open_global_table('region_beat');
