-- Set: who may write there is not known, and nobody gives it a lease; with what was read of it since.
ALTER TABLE "region_write" ADD COLUMN "unknown_since" TIMESTAMPTZ(3);
ALTER TABLE "region_write" ADD COLUMN "found" JSONB;

-- For whoever puts an older state of this database back: the regions went on without it, so no role in it is believed, and a
-- failover that was under way then is not carried on.
CREATE FUNCTION "doubt_region_roles"("at" timestamptz, "why" text) RETURNS TABLE ("regions" text[], "runs" text[])
LANGUAGE plpgsql AS $$
BEGIN
  WITH doubted AS (UPDATE region_write SET unknown_since = "at", found = NULL, fencing = false RETURNING region)
  SELECT coalesce(array_agg(region ORDER BY region), '{}') INTO regions FROM doubted;
  WITH ended AS (
    UPDATE failover_run SET state = 'failed', finished_at = "at", facts = facts || jsonb_build_object('message', "why"),
      steps = (SELECT coalesce(jsonb_agg(CASE WHEN s.step ->> 'state' = 'running'
          THEN s.step || jsonb_build_object('state', 'failed', 'said', "why") ELSE s.step END ORDER BY s.n), '[]')
        FROM jsonb_array_elements(steps) WITH ORDINALITY s (step, n))
    WHERE state = 'running' AND NOT dry RETURNING id)
  SELECT coalesce(array_agg(id::text ORDER BY id), '{}') INTO runs FROM ended;
  RETURN NEXT;
END $$;
