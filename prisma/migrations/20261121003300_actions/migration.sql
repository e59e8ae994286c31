CREATE TABLE "action_execution" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "plan" JSONB NOT NULL,
    "plan_hash" TEXT NOT NULL,
    "dry_run" BOOLEAN NOT NULL,
    "origin" JSONB NOT NULL,
    "requester_kind" TEXT NOT NULL,
    "requester_id" TEXT NOT NULL,
    "requester_name" TEXT NOT NULL,
    "environment" TEXT NOT NULL,
    "simulated" BOOLEAN NOT NULL,
    "tier" TEXT NOT NULL,
    "assessment" JSONB NOT NULL,
    "versions" JSONB NOT NULL,
    "policy_id" TEXT,
    "approval_id" UUID,
    "state" TEXT NOT NULL,
    "step" INTEGER NOT NULL DEFAULT 0,
    "version" INTEGER NOT NULL DEFAULT 1,
    "snapshot_hash" TEXT,
    "manifest" JSONB,
    "outcome" TEXT,
    "failure" TEXT,
    "stop" TEXT,
    "due_at" TIMESTAMPTZ(3),
    "tries" INTEGER NOT NULL DEFAULT 0,
    "requested_at" TIMESTAMPTZ(3) NOT NULL,
    "started_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "realised" JSONB,
    CONSTRAINT "action_execution_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "action_execution_tenant_id_requested_at_idx" ON "action_execution"("tenant_id", "requested_at" DESC);
CREATE INDEX "action_execution_requested_at_idx" ON "action_execution"("requested_at" DESC);
CREATE INDEX "action_execution_state_due_at_idx" ON "action_execution"("state", "due_at");

CREATE TABLE "action_step" (
    "execution_id" TEXT NOT NULL,
    "n" INTEGER NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "target" TEXT NOT NULL,
    "params" JSONB NOT NULL,
    "driver" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "snapshot" JSONB,
    "preview" JSONB,
    "applied" JSONB,
    "measured" JSONB,
    "canary" JSONB,
    "note" TEXT,
    "ordered_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    CONSTRAINT "action_step_pkey" PRIMARY KEY ("execution_id","n"),
    CONSTRAINT "action_step_execution_id_fkey" FOREIGN KEY ("execution_id") REFERENCES "action_execution"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE INDEX "action_step_target_ordered_at_idx" ON "action_step"("target", "ordered_at");

CREATE TABLE "action_log" (
    "execution_id" TEXT NOT NULL,
    "seq" INTEGER NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "level" TEXT NOT NULL,
    "said" TEXT NOT NULL,
    CONSTRAINT "action_log_pkey" PRIMARY KEY ("execution_id","seq"),
    CONSTRAINT "action_log_execution_id_fkey" FOREIGN KEY ("execution_id") REFERENCES "action_execution"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

CREATE TABLE "action_lock" (
    "target" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "execution_id" TEXT NOT NULL,
    "until" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "action_lock_pkey" PRIMARY KEY ("target")
);
CREATE INDEX "action_lock_execution_id_idx" ON "action_lock"("execution_id");

CREATE TABLE "action_guard" (
    "tenant_id" TEXT NOT NULL,
    "killed" BOOLEAN NOT NULL DEFAULT false,
    "killed_by" TEXT,
    "killed_reason" TEXT,
    "killed_at" TIMESTAMPTZ(3),
    "hourly_targets" INTEGER,
    "flap_limit" INTEGER,
    "flap_minutes" INTEGER,
    "version" INTEGER NOT NULL DEFAULT 1,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "action_guard_pkey" PRIMARY KEY ("tenant_id")
);

CREATE TABLE "action_freeze" (
    "id" UUID NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "starts_at" TIMESTAMPTZ(3) NOT NULL,
    "ends_at" TIMESTAMPTZ(3) NOT NULL,
    "reason" TEXT NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_by" TEXT,
    "ended_at" TIMESTAMPTZ(3),
    CONSTRAINT "action_freeze_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "action_freeze_ends_at_idx" ON "action_freeze"("ends_at");

CREATE TABLE "action_effect" (
    "key" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "execution_id" TEXT NOT NULL,
    "driver" TEXT NOT NULL,
    "version" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "action_effect_pkey" PRIMARY KEY ("key")
);
CREATE INDEX "action_effect_execution_id_idx" ON "action_effect"("execution_id");

-- Short ids that people say to each other: e1, e2, …
CREATE SEQUENCE "action_execution_number" START 1;
GRANT USAGE ON SEQUENCE action_execution_number TO atom_app, atom_tenant;

SELECT protect_tenant_table('action_execution', 'tenant_id');
SELECT protect_tenant_table('action_step', 'tenant_id');
SELECT protect_tenant_table('action_log', 'tenant_id');
SELECT protect_tenant_table('action_lock', 'tenant_id');
SELECT protect_tenant_table('action_guard', 'tenant_id');
SELECT protect_tenant_table('action_freeze', 'tenant_id');
SELECT protect_tenant_table('action_effect', 'tenant_id');
-- What was done stays told as it was.
REVOKE DELETE ON action_execution, action_step FROM atom_app, atom_tenant;
REVOKE UPDATE, DELETE ON action_log, action_effect FROM atom_app, atom_tenant;
REVOKE DELETE ON action_guard, action_freeze FROM atom_app, atom_tenant;

-- A lock of another tenant on a shared target is in the way without being seen: taken and given back here.
CREATE FUNCTION "take_action_lock"(p_target text, p_tenant text, p_execution text, p_now timestamptz, p_until timestamptz)
RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = atom, pg_temp AS $$
  WITH taken AS (
    INSERT INTO action_lock (target, tenant_id, execution_id, until) VALUES (p_target, p_tenant, p_execution, p_until)
    ON CONFLICT (target) DO UPDATE SET tenant_id = p_tenant, execution_id = p_execution, until = p_until
      WHERE action_lock.execution_id = p_execution OR action_lock.until <= p_now
    RETURNING execution_id)
  SELECT coalesce((SELECT execution_id FROM taken), 'another');
$$;
REVOKE ALL ON FUNCTION take_action_lock FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_action_lock TO atom_app, atom_tenant;

-- Held for everybody, whoever's it is: the kill switch and a freeze of the whole installation also hold for a tenant.
CREATE FUNCTION "action_guards_of"(p_tenant text)
RETURNS SETOF action_guard LANGUAGE sql STABLE SECURITY DEFINER SET search_path = atom, pg_temp AS $$
  SELECT * FROM action_guard WHERE tenant_id IN ('*', p_tenant)
$$;
CREATE FUNCTION "action_freezes_of"(p_tenant text, p_now timestamptz)
RETURNS SETOF action_freeze LANGUAGE sql STABLE SECURITY DEFINER SET search_path = atom, pg_temp AS $$
  SELECT * FROM action_freeze WHERE tenant_id IN ('*', p_tenant) AND ended_at IS NULL AND starts_at <= p_now AND ends_at > p_now
$$;
REVOKE ALL ON FUNCTION action_guards_of, action_freezes_of FROM PUBLIC;
GRANT EXECUTE ON FUNCTION action_guards_of, action_freezes_of TO atom_app, atom_tenant, atom_auditor;

-- Whatever the code says: what was asked never changes, what has ended stays so, no state is skipped.
CREATE FUNCTION "guard_action_execution"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  follows CONSTANT jsonb := '{
    "planned": ["waiting", "authorised", "refused"],
    "waiting": ["authorised", "refused"],
    "authorised": ["locked", "refused"],
    "locked": ["snapshotted", "refused"],
    "snapshotted": ["signed", "refused"],
    "signed": ["previewed", "refused"],
    "previewed": ["applying", "succeeded", "refused"],
    "applying": ["verifying", "judging", "rolling-back", "rolled-back", "failed"],
    "judging": ["applying", "undecided", "rolling-back", "failed"],
    "undecided": ["applying", "rolling-back", "failed"],
    "verifying": ["applying", "succeeded", "rolling-back", "failed"],
    "succeeded": ["rolling-back"],
    "rolling-back": ["rolled-back", "failed"]}';
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 'planned' THEN
      RAISE EXCEPTION 'an execution begins planned, not %', NEW.state USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
  END IF;
  IF (OLD.id, OLD.tenant_id, OLD.plan, OLD.plan_hash, OLD.dry_run, OLD.origin, OLD.requester_kind, OLD.requester_id,
      OLD.versions, OLD.policy_id, OLD.simulated, OLD.tier, OLD.requested_at)
     IS DISTINCT FROM
     (NEW.id, NEW.tenant_id, NEW.plan, NEW.plan_hash, NEW.dry_run, NEW.origin, NEW.requester_kind, NEW.requester_id,
      NEW.versions, NEW.policy_id, NEW.simulated, NEW.tier, NEW.requested_at) THEN
    RAISE EXCEPTION 'what execution % was asked to do cannot be changed', OLD.id USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF (OLD.manifest IS NOT NULL AND OLD.manifest IS DISTINCT FROM NEW.manifest)
     OR (OLD.snapshot_hash IS NOT NULL AND OLD.snapshot_hash IS DISTINCT FROM NEW.snapshot_hash) THEN
    RAISE EXCEPTION 'the manifest of execution % is signed', OLD.id USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NEW.state <> OLD.state AND NOT coalesce(follows -> OLD.state ? NEW.state, false) THEN
    RAISE EXCEPTION 'execution % is %, it cannot become %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'insufficient_privilege';
  END IF;
  -- Nothing of the world changes before the manifest is signed, and never in a dry run.
  IF NEW.state = 'applying' AND OLD.state <> 'applying' AND (NEW.manifest IS NULL OR NEW.snapshot_hash IS NULL OR NEW.dry_run) THEN
    RAISE EXCEPTION 'execution % has no manifest to apply', OLD.id USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NEW.state = 'authorised' AND OLD.state <> 'authorised' AND NEW.policy_id IS NOT NULL AND NEW.approval_id IS NULL THEN
    RAISE EXCEPTION 'execution % needs an approval', OLD.id USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE INSERT OR UPDATE ON action_execution FOR EACH ROW EXECUTE FUNCTION guard_action_execution();
