-- CreateTable
CREATE TABLE "recovery_snapshot" (
    "id" TEXT NOT NULL,
    "origin" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "store" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),
    "bytes" BIGINT,
    "tables" INTEGER,
    "rows" BIGINT,
    "manifest_hash" TEXT,
    "ledger_size" BIGINT,
    "newest_at" TIMESTAMPTZ(3),
    "proven_at" TIMESTAMPTZ(3),
    "error" TEXT,

    CONSTRAINT "recovery_snapshot_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "recovery_drill" (
    "id" TEXT NOT NULL,
    "snapshot_id" TEXT NOT NULL,
    "origin" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "duration_ms" INTEGER NOT NULL,
    "passed" BOOLEAN NOT NULL,
    "checks" JSONB NOT NULL,
    "report" JSONB NOT NULL,

    CONSTRAINT "recovery_drill_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "recovery_objective" (
    "tier" TEXT NOT NULL,
    "rpo_seconds" INTEGER NOT NULL,
    "rto_seconds" INTEGER NOT NULL,
    "proven_hours" INTEGER NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "recovery_objective_pkey" PRIMARY KEY ("tier")
);

-- CreateIndex
CREATE INDEX "recovery_snapshot_started_at_idx" ON "recovery_snapshot"("started_at" DESC);

-- CreateIndex
CREATE INDEX "recovery_drill_started_at_idx" ON "recovery_drill"("started_at" DESC);

-- AddForeignKey
ALTER TABLE "recovery_drill" ADD CONSTRAINT "recovery_drill_snapshot_id_fkey" FOREIGN KEY ("snapshot_id") REFERENCES "recovery_snapshot"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

SELECT open_global_table('recovery_snapshot');
SELECT open_global_table('recovery_drill');
SELECT open_global_table('recovery_objective');
