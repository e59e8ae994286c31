-- A partition is guarded by its parent as long as tenants cannot name it: then it is not one more table to isolate.
CREATE OR REPLACE FUNCTION "tables_without_isolation"() RETURNS TABLE (name text) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = atom, pg_temp AS $$
  SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = 'atom' AND c.relkind IN ('r', 'p') AND c.relname <> '_prisma_migrations'
    AND coalesce(obj_description(c.oid, 'pg_class'), '') <> 'scope: global'
    AND (NOT c.relispartition OR has_table_privilege('atom_tenant', c.oid, 'SELECT, INSERT, UPDATE, DELETE'))
    AND NOT (c.relrowsecurity AND c.relforcerowsecurity
      AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND 'atom_tenant'::regrole = ANY (p.polroles)))
$$;
