CREATE TABLE "precheck_result" (
    "id" UUID NOT NULL,
    "phase" TEXT NOT NULL,
    "decision" TEXT NOT NULL,
    "result" JSONB NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "precheck_result_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "precheck_result_phase_at_idx" ON "precheck_result"("phase", "at" DESC);
SELECT open_global_table('precheck_result');
