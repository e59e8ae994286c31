-- Regions that streams join have one failover at a time; others have their own.
DROP INDEX "failover_run_one_at_a_time";
CREATE UNIQUE INDEX "failover_run_one_from" ON "failover_run"("from_region") WHERE "state" = 'running' AND NOT "dry";
CREATE UNIQUE INDEX "failover_run_one_to" ON "failover_run"("to_region") WHERE "state" = 'running' AND NOT "dry";
