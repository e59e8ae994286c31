-- What the workers run, as they declare it when they start.
CREATE TABLE "job_declared" (
    "name" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "schedule" TEXT,
    "queue" TEXT,
    "timeout_seconds" INTEGER NOT NULL,
    "max_attempts" INTEGER NOT NULL,
    "declared_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "job_declared_pkey" PRIMARY KEY ("name")
);
SELECT open_global_table('job_declared');
REVOKE INSERT, UPDATE, DELETE ON job_declared FROM atom_app;

CREATE FUNCTION "job_queue_row"(p_id bigint)
RETURNS TABLE (task text, running boolean) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = atom, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT t.identifier, j.locked_at IS NOT NULL FROM graphile_worker._private_jobs j
    JOIN graphile_worker._private_tasks t ON t.id = j.task_id WHERE j.id = p_id;
END $$;
-- Jobs without a queue run beside one another: they are one row, with no name.
CREATE FUNCTION "job_queues"()
RETURNS TABLE (name text, running bigint, waiting bigint, failed bigint, oldest timestamptz) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = atom, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT q.queue_name, count(*) FILTER (WHERE j.locked_at IS NOT NULL),
      count(*) FILTER (WHERE j.locked_at IS NULL AND j.attempts < j.max_attempts),
      count(*) FILTER (WHERE j.locked_at IS NULL AND j.attempts >= j.max_attempts),
      min(j.run_at) FILTER (WHERE j.locked_at IS NULL AND j.attempts < j.max_attempts)
    FROM graphile_worker._private_jobs j LEFT JOIN graphile_worker._private_job_queues q ON q.id = j.job_queue_id
    GROUP BY q.queue_name ORDER BY q.queue_name NULLS FIRST;
END $$;
REVOKE ALL ON FUNCTION job_queue_row, job_queues FROM PUBLIC;
GRANT EXECUTE ON FUNCTION job_queue_row, job_queues TO atom_app, atom_auditor;
