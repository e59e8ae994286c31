-- What was searched for and is to become a vector: asked by any process, answered by the one that holds the model.
CREATE TABLE "telemetry_query" (
    "digest" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "asked_at" TIMESTAMPTZ(3) NOT NULL,
    "model" TEXT,
    "embedding" BYTEA,
    CONSTRAINT "telemetry_query_pkey" PRIMARY KEY ("digest")
);
CREATE INDEX "telemetry_query_asked_at_idx" ON "telemetry_query"("asked_at");
SELECT open_global_table('telemetry_query', false);

-- Forgets whole days, and what belonged to them, within the transaction that says so in the ledger. Waits for nobody for
-- long: readers of the other days must not queue up behind it.
CREATE FUNCTION "telemetry_expire"(p_before date) RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = atom, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
  leaf record;
  gone text[] := '{}';
BEGIN
  FOR leaf IN SELECT p.parent, p.day FROM telemetry_partitions() p WHERE p.day < p_before ORDER BY p.day, p.parent LOOP
    EXECUTE format('DROP TABLE atom_telemetry.%I', format('%s_%s', leaf.parent, to_char(leaf.day, 'YYYYMMDD')));
    gone := gone || format('%s %s', leaf.parent, leaf.day);
  END LOOP;
  DELETE FROM atom_telemetry.event_key WHERE ts < p_before;
  DELETE FROM log_template WHERE last_seen < p_before;
  DELETE FROM telemetry_batch WHERE at < p_before AND recorded_at IS NOT NULL;
  RETURN gone;
END $$;
REVOKE ALL ON FUNCTION telemetry_expire FROM PUBLIC;
GRANT EXECUTE ON FUNCTION telemetry_expire TO atom_app;
