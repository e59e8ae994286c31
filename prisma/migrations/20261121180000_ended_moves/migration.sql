-- A move of before is not carried on either: who may write, on which it stood, is asked again. Where the home lies by now is said.
DROP FUNCTION "doubt_region_roles"(timestamptz, text);
CREATE FUNCTION "doubt_region_roles"("at" timestamptz, "why" text) RETURNS TABLE ("regions" text[], "runs" text[], "moves" text[])
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
  WITH ended AS (
    UPDATE tenant_move m SET state = 'failed', finished_at = "at", message = "why" || ' Its home is ' || t.home_region || '.',
      steps = (SELECT coalesce(jsonb_agg(CASE WHEN s.step ->> 'state' = 'running'
          THEN s.step || jsonb_build_object('state', 'failed', 'said', "why") ELSE s.step END ORDER BY s.n), '[]')
        FROM jsonb_array_elements(m.steps) WITH ORDINALITY s (step, n))
    FROM tenant t WHERE t.id = m.tenant_id AND m.state = 'running' RETURNING m.id)
  SELECT coalesce(array_agg(id::text ORDER BY id), '{}') INTO moves FROM ended;
  RETURN NEXT;
END $$;
