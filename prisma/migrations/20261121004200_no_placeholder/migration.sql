-- Executions are those of the actions system. What still waited under the policy of the first ones has nothing left to
-- set free: it is void.
UPDATE approval_request SET state = 'voided', open = NULL, outcome = 'What it was asked for is there no more.'
  WHERE policy_id = 'execution.simulated' AND state IN ('pending', 'approved');
DROP TABLE "simulated_execution";
