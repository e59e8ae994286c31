-- AlterTable
ALTER TABLE "region" ADD COLUMN     "state_reason" TEXT,
ADD COLUMN     "role" TEXT NOT NULL DEFAULT 'member',
ADD COLUMN     "epoch" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN     "sequence" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN     "heard_at" TIMESTAMPTZ(3),
ADD COLUMN     "alive_from" TIMESTAMPTZ(3) NOT NULL DEFAULT 'epoch'::timestamptz,
ADD COLUMN     "skew_ms" INTEGER,
ADD COLUMN     "report" JSONB,
ADD COLUMN     "lost_at" TIMESTAMPTZ(3),
ADD COLUMN     "lost_view" JSONB;

-- CreateTable
CREATE TABLE "region_pulse" (
    "region_id" TEXT NOT NULL,
    "minute" TIMESTAMPTZ(0) NOT NULL,
    "beats" INTEGER NOT NULL,
    "gap_ms" INTEGER NOT NULL,
    "skew_ms" INTEGER NOT NULL,

    CONSTRAINT "region_pulse_pkey" PRIMARY KEY ("region_id","minute")
);

-- AddForeignKey
ALTER TABLE "region_pulse" ADD CONSTRAINT "region_pulse_region_id_fkey" FOREIGN KEY ("region_id") REFERENCES "region"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

SELECT open_global_table('region_pulse');
