CREATE TABLE "report_run" (
    "id" UUID NOT NULL,
    "phase" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "passed" INTEGER NOT NULL,
    "failed" INTEGER NOT NULL,
    "not_built" INTEGER NOT NULL,
    "snapshot" JSONB NOT NULL,
    CONSTRAINT "report_run_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "report_run_at_id_idx" ON "report_run"("at" DESC, "id");
CREATE INDEX "report_run_phase_at_idx" ON "report_run"("phase", "at" DESC);
SELECT open_global_table('report_run');
