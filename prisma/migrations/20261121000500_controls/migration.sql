CREATE TABLE "control_run" (
    "id" UUID NOT NULL,
    "control" TEXT NOT NULL,
    "policy" TEXT NOT NULL,
    "system" TEXT NOT NULL,
    "result" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "evidence" TEXT[],
    "at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "control_run_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "control_run_control_at_idx" ON "control_run"("control", "at" DESC);
CREATE INDEX "control_run_at_idx" ON "control_run"("at");

CREATE TABLE "policy_alert" (
    "id" UUID NOT NULL,
    "control" TEXT NOT NULL,
    "policy" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "raised_at" TIMESTAMPTZ(3) NOT NULL,
    "cleared_at" TIMESTAMPTZ(3),
    CONSTRAINT "policy_alert_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "policy_alert_cleared_at_raised_at_idx" ON "policy_alert"("cleared_at", "raised_at" DESC);

SELECT open_global_table('control_run');
SELECT open_global_table('policy_alert');

-- What the P5 control looks at: which tables do not force row level security although they have a tenant's rows.
CREATE FUNCTION "tables_without_isolation"() RETURNS TABLE (name text) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = atom, pg_temp AS $$
  SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = 'atom' AND c.relkind IN ('r', 'p') AND c.relname <> '_prisma_migrations'
    AND coalesce(obj_description(c.oid, 'pg_class'), '') <> 'scope: global'
    AND NOT (c.relrowsecurity AND c.relforcerowsecurity
      AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND 'atom_tenant'::regrole = ANY (p.polroles)))
$$;
REVOKE ALL ON FUNCTION tables_without_isolation FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tables_without_isolation TO atom_app, atom_auditor;
