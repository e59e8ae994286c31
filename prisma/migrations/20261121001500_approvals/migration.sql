CREATE TABLE "approval_policy" (
    "id" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "terms" JSONB NOT NULL,
    "reason" TEXT NOT NULL,
    "changed_by" TEXT NOT NULL,
    "changed_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "approval_policy_pkey" PRIMARY KEY ("id","version")
);

CREATE TABLE "approval_request" (
    "id" UUID NOT NULL,
    "policy_id" TEXT NOT NULL,
    "policy_version" INTEGER NOT NULL,
    "terms" JSONB NOT NULL,
    "state" TEXT NOT NULL,
    "procedure" TEXT NOT NULL,
    "input" JSONB,
    "sealed_input" TEXT,
    "scope" JSONB NOT NULL,
    "digest" TEXT NOT NULL,
    "tenant_id" TEXT,
    "subject" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "shown" JSONB NOT NULL,
    "requester_kind" TEXT NOT NULL,
    "requester_id" TEXT NOT NULL,
    "requester_name" TEXT NOT NULL,
    "excluded" TEXT[],
    "asked" TEXT[],
    "simulated" BOOLEAN NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "remind_at" TIMESTAMPTZ(3),
    "escalate_at" TIMESTAMPTZ(3),
    "last_at" TIMESTAMPTZ(3) NOT NULL,
    "settled_at" TIMESTAMPTZ(3),
    "release_by" TIMESTAMPTZ(3),
    "released_at" TIMESTAMPTZ(3),
    "outcome" TEXT,
    "break_glass" BOOLEAN NOT NULL DEFAULT false,
    "open" TEXT,
    CONSTRAINT "approval_request_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "approval_request_open_key" ON "approval_request"("open");
CREATE INDEX "approval_request_state_expires_at_idx" ON "approval_request"("state", "expires_at");
CREATE INDEX "approval_request_created_at_idx" ON "approval_request"("created_at" DESC);
CREATE INDEX "approval_request_subject_created_at_idx" ON "approval_request"("subject", "created_at" DESC);

CREATE TABLE "approval_decision" (
    "id" UUID NOT NULL,
    "request_id" UUID NOT NULL,
    "decision" TEXT NOT NULL,
    "approver_id" UUID NOT NULL,
    "authority_id" UUID NOT NULL,
    "method" TEXT NOT NULL,
    "reason" TEXT,
    "token" TEXT NOT NULL,
    "token_id" TEXT NOT NULL,
    "key_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "approval_decision_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "approval_decision_request_id_fkey" FOREIGN KEY ("request_id") REFERENCES "approval_request"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "approval_decision_token_id_key" ON "approval_decision"("token_id");
CREATE UNIQUE INDEX "approval_decision_request_id_approver_id_key" ON "approval_decision"("request_id", "approver_id");
CREATE UNIQUE INDEX "approval_decision_request_id_authority_id_key" ON "approval_decision"("request_id", "authority_id");

CREATE TABLE "approval_challenge" (
    "id" UUID NOT NULL,
    "request_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "decision" TEXT NOT NULL,
    "challenge" BYTEA NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "spent_at" TIMESTAMPTZ(3),
    CONSTRAINT "approval_challenge_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "approval_challenge_request_id_fkey" FOREIGN KEY ("request_id") REFERENCES "approval_request"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE INDEX "approval_challenge_expires_at_idx" ON "approval_challenge"("expires_at");

CREATE TABLE "approval_delegation" (
    "id" UUID NOT NULL,
    "from_user" UUID NOT NULL,
    "to_user" UUID NOT NULL,
    "reason" TEXT NOT NULL,
    "starts_at" TIMESTAMPTZ(3) NOT NULL,
    "ends_at" TIMESTAMPTZ(3) NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),
    CONSTRAINT "approval_delegation_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "approval_delegation_to_user_ends_at_idx" ON "approval_delegation"("to_user", "ends_at");

CREATE TABLE "approval_review" (
    "id" UUID NOT NULL,
    "request_id" UUID NOT NULL,
    "policy_id" TEXT NOT NULL,
    "user_id" UUID NOT NULL,
    "reason" TEXT NOT NULL,
    "opened_at" TIMESTAMPTZ(3) NOT NULL,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "closed_at" TIMESTAMPTZ(3),
    "closed_by" UUID,
    "verdict" TEXT,
    "note" TEXT,
    CONSTRAINT "approval_review_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "approval_review_request_id_fkey" FOREIGN KEY ("request_id") REFERENCES "approval_request"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "approval_review_request_id_key" ON "approval_review"("request_id");
CREATE INDEX "approval_review_closed_at_idx" ON "approval_review"("closed_at");

CREATE TABLE "simulated_execution" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "service" TEXT NOT NULL,
    "replicas" INTEGER NOT NULL,
    "wanted" INTEGER NOT NULL,
    "runs" INTEGER NOT NULL DEFAULT 0,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "simulated_execution_pkey" PRIMARY KEY ("id")
);

SELECT protect_tenant_table('approval_request', 'tenant_id', false);
-- A tenant's own service may ask; deciding is never a tenant's.
GRANT INSERT ON approval_request TO atom_tenant;
SELECT protect_tenant_table('simulated_execution', 'tenant_id');
SELECT open_global_table('approval_policy');
SELECT open_global_table('approval_decision');
SELECT open_global_table('approval_challenge', false);
SELECT open_global_table('approval_delegation');
SELECT open_global_table('approval_review');
-- What was decided stays as it was decided, and terms that were in force stay readable.
REVOKE UPDATE, DELETE ON approval_policy, approval_decision FROM atom_app;
REVOKE DELETE ON approval_request, approval_delegation, approval_review FROM atom_app;

-- The order of states holds whatever the code says: what was denied, expired, withdrawn, voided or spent stays so, and
-- what is bound by the digest never changes.
CREATE FUNCTION "guard_approval_request"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 'pending' THEN
      RAISE EXCEPTION 'an approval begins pending, not %', NEW.state USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
  END IF;
  IF (OLD.policy_id, OLD.policy_version, OLD.terms, OLD.procedure, OLD.input, OLD.sealed_input, OLD.scope, OLD.digest,
      OLD.tenant_id, OLD.requester_kind, OLD.requester_id, OLD.excluded, OLD.created_at, OLD.expires_at)
     IS DISTINCT FROM
     (NEW.policy_id, NEW.policy_version, NEW.terms, NEW.procedure, NEW.input, NEW.sealed_input, NEW.scope, NEW.digest,
      NEW.tenant_id, NEW.requester_kind, NEW.requester_id, NEW.excluded, NEW.created_at, NEW.expires_at) THEN
    RAISE EXCEPTION 'what approval % is bound to cannot be changed', OLD.id USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NEW.last_at < OLD.last_at THEN
    RAISE EXCEPTION 'time of approval % runs backwards', OLD.id USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NEW.state <> OLD.state AND NOT (
       (OLD.state = 'pending' AND NEW.state IN ('approved', 'denied', 'expired', 'withdrawn', 'voided'))
    OR (OLD.state = 'approved' AND NEW.state IN ('released', 'failed', 'expired', 'withdrawn', 'voided'))) THEN
    RAISE EXCEPTION 'approval % is %, it cannot become %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE INSERT OR UPDATE ON approval_request FOR EACH ROW EXECUTE FUNCTION guard_approval_request();

-- Called in the transaction of the effect, whichever role that runs as: true exactly once.
CREATE FUNCTION "spend_approval"(p_id uuid, p_digest text, p_now timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = atom, pg_temp AS $$
BEGIN
  UPDATE approval_request SET state = 'released', released_at = p_now, last_at = greatest(last_at, p_now), open = NULL
    WHERE id = p_id AND digest = p_digest AND state = 'approved' AND greatest(last_at, p_now) < release_by;
  RETURN FOUND;
END $$;
REVOKE ALL ON FUNCTION spend_approval FROM PUBLIC;
GRANT EXECUTE ON FUNCTION spend_approval TO atom_app, atom_tenant;

-- Production regions are admitted by an approval from now on; one that waited under the former rule was never admitted.
UPDATE region SET state = 'quarantined' WHERE state = 'pending';
