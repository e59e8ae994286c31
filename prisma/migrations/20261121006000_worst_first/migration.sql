-- What is severe is found without reading what is not: noise of lower severities costs and hides nothing.
CREATE INDEX "telemetry_event_worst_idx" ON "telemetry_event"("tenant_id", "severity", "ts") WHERE "severity" >= 2;
-- Severities of which more came in the window than a score was made from.
ALTER TABLE "governance_risks" ADD COLUMN "cut" TEXT[];
