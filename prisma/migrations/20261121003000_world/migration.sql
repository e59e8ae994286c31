-- CreateTable
CREATE TABLE "world_command" (
    "seq" BIGINT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "kind" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "key" TEXT,

    CONSTRAINT "world_command_pkey" PRIMARY KEY ("seq")
);

-- CreateIndex
CREATE UNIQUE INDEX "world_command_key_key" ON "world_command"("key");

-- The demo world belongs to nobody: everybody's readings come from it, and a tenant's own command changes it too. Both
-- ways lead through these functions, so that history is only ever appended to.
SELECT open_global_table('world_command');
REVOKE INSERT, UPDATE, DELETE ON world_command FROM atom_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON world_command FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE FUNCTION "world_head"() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = atom, pg_temp AS $$
  SELECT coalesce(max(seq), 0) FROM world_command
$$;

CREATE FUNCTION "world_commands"() RETURNS TABLE (seq bigint, at double precision, payload jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = atom, pg_temp AS $$
  SELECT c.seq, (extract(epoch FROM c.at) * 1000)::double precision, c.payload FROM world_command c
$$;

-- The lock lasts until the commit: places are given in the order in which they become visible, so whoever read up to one
-- has read all before it. Commands are people's and drivers' acts, a few a minute.
CREATE FUNCTION "append_world_command"(p_at timestamptz, p_kind text, p_payload jsonb, p_key text)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = atom, pg_temp AS $$
DECLARE
  place bigint;
  latest timestamptz;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('world_command'));
  SELECT c.seq INTO place FROM world_command c WHERE c.key = p_key;
  IF FOUND THEN
    RETURN place;
  END IF;
  SELECT coalesce(max(c.seq), 0) + 1, max(c.at) INTO place, latest FROM world_command c;
  INSERT INTO world_command (seq, at, kind, payload, key)
  VALUES (place, greatest(p_at, latest), p_kind, p_payload, p_key);
  RETURN place;
END $$;

REVOKE ALL ON FUNCTION world_head, world_commands, append_world_command FROM PUBLIC;
GRANT EXECUTE ON FUNCTION world_head, world_commands TO atom_app, atom_tenant, atom_auditor;
GRANT EXECUTE ON FUNCTION append_world_command TO atom_app, atom_tenant;
