-- How far a source of metrics was really read: everything before `known_to`; which regions it brings; since when it answers nothing.
ALTER TABLE "telemetry_source" ADD COLUMN "known_to" TIMESTAMPTZ(3), ADD COLUMN "regions" TEXT[] DEFAULT ARRAY[]::TEXT[],
  ADD COLUMN "quiet_since" TIMESTAMPTZ(3);

CREATE TABLE "telemetry_gap" (
    "source" TEXT NOT NULL,
    "since" TIMESTAMPTZ(3) NOT NULL,
    "until" TIMESTAMPTZ(3) NOT NULL,
    "regions" TEXT[],
    CONSTRAINT "telemetry_gap_pkey" PRIMARY KEY ("source","since")
);
CREATE INDEX "telemetry_gap_until_idx" ON "telemetry_gap"("until");
SELECT open_global_table('telemetry_gap');

-- Stretches of which a source was not read; whoever reads a service as a whole asks, tenants too, who may not see sources.
CREATE FUNCTION "telemetry_unread"(p_from timestamptz, p_to timestamptz)
RETURNS TABLE (regions text[], since timestamptz, until timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = atom, pg_temp AS $$
  SELECT g.regions, g.since, g.until FROM telemetry_gap g WHERE g.until > p_from AND g.since < p_to
  UNION ALL
  SELECT s.regions, s.known_to, 'infinity' FROM telemetry_source s
  WHERE s.kind = 'metrics' AND s.known_to < p_to AND cardinality(s.regions) > 0
$$;
REVOKE ALL ON FUNCTION telemetry_unread FROM PUBLIC;
GRANT EXECUTE ON FUNCTION telemetry_unread TO atom_app, atom_tenant, atom_auditor;

CREATE OR REPLACE FUNCTION "telemetry_expire"(p_before date) RETURNS text[]
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
  DELETE FROM telemetry_gap WHERE until < p_before;
  RETURN gone;
END $$;
