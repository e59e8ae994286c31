CREATE TABLE "job_minute" (
    "job" TEXT NOT NULL,
    "minute" TIMESTAMPTZ(3) NOT NULL,
    "ok" INTEGER NOT NULL DEFAULT 0,
    "failed" INTEGER NOT NULL DEFAULT 0,
    "millis" BIGINT NOT NULL DEFAULT 0,
    CONSTRAINT "job_minute_pkey" PRIMARY KEY ("job","minute")
);
CREATE INDEX "job_minute_minute_idx" ON "job_minute"("minute");
SELECT open_global_table('job_minute');

-- The queue's own tables belong to the owner. These functions are all that the console may see and do of them; their
-- bodies are bound when they run, so they may be made before the queue has made its schema.
CREATE FUNCTION "job_queue_rows"(p_states text[], p_limit int)
RETURNS TABLE (id bigint, task text, queue text, state text, attempts int, max_attempts int, run_at timestamptz, created_at timestamptz,
  locked_at timestamptz, last_error text) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = atom, pg_temp AS $$
BEGIN
  RETURN QUERY
    SELECT j.id, t.identifier, q.queue_name, s.state, j.attempts::int, j.max_attempts::int, j.run_at, j.created_at, j.locked_at, j.last_error
    FROM graphile_worker._private_jobs j
    JOIN graphile_worker._private_tasks t ON t.id = j.task_id
    LEFT JOIN graphile_worker._private_job_queues q ON q.id = j.job_queue_id
    CROSS JOIN LATERAL (SELECT CASE WHEN j.locked_at IS NOT NULL THEN 'running'
      WHEN j.attempts >= j.max_attempts THEN 'failed' WHEN j.last_error IS NOT NULL THEN 'retrying' ELSE 'waiting' END AS state) s
    WHERE s.state = ANY (p_states) ORDER BY j.run_at DESC, j.id DESC LIMIT p_limit;
END $$;
CREATE FUNCTION "job_queue_counts"()
RETURNS TABLE (state text, n bigint, oldest timestamptz) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = atom, pg_temp AS $$
BEGIN
  RETURN QUERY
    SELECT s.state, count(*), min(j.run_at) FROM graphile_worker._private_jobs j
    CROSS JOIN LATERAL (SELECT CASE WHEN j.locked_at IS NOT NULL THEN 'running'
      WHEN j.attempts >= j.max_attempts THEN 'failed' WHEN j.last_error IS NOT NULL THEN 'retrying' ELSE 'waiting' END AS state) s
    GROUP BY s.state;
END $$;
CREATE FUNCTION "job_schedules"()
RETURNS TABLE (identifier text, last_execution timestamptz) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = atom, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT c.identifier, c.last_execution FROM graphile_worker._private_known_crontabs c;
END $$;
-- A running job is left alone by both.
CREATE FUNCTION "job_retry"(p_id bigint) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = atom, pg_temp AS $$
BEGIN
  PERFORM 1 FROM graphile_worker.reschedule_jobs(ARRAY[p_id], run_at := now(), attempts := 0);
  RETURN FOUND;
END $$;
CREATE FUNCTION "job_cancel"(p_id bigint) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = atom, pg_temp AS $$
BEGIN
  PERFORM 1 FROM graphile_worker.complete_jobs(ARRAY[p_id]);
  RETURN FOUND;
END $$;
REVOKE ALL ON FUNCTION job_queue_rows, job_queue_counts, job_schedules, job_retry, job_cancel FROM PUBLIC;
GRANT EXECUTE ON FUNCTION job_queue_rows, job_queue_counts, job_schedules TO atom_app, atom_auditor;
GRANT EXECUTE ON FUNCTION job_retry, job_cancel TO atom_app;
