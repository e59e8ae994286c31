-- CreateTable
CREATE TABLE "policy" (
    "id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "tenant_id" TEXT,
    "state" TEXT NOT NULL DEFAULT 'new',
    "scope" JSONB NOT NULL,
    "production" BOOLEAN NOT NULL DEFAULT false,
    "latest_version" INTEGER NOT NULL DEFAULT 0,
    "active_version" INTEGER,
    "active_hash" TEXT,
    "active_epoch" INTEGER,
    "revoking" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "policy_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "policy_version" (
    "policy_id" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "tenant_id" TEXT,
    "hash" TEXT NOT NULL,
    "content" BYTEA NOT NULL,
    "statement" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "author" TEXT NOT NULL,
    "signed_on_behalf" BOOLEAN NOT NULL,
    "simulation_key" BOOLEAN NOT NULL,
    "author_envelope" TEXT,
    "rollback_of" INTEGER,
    "reason" TEXT,
    "expires" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "policy_version_pkey" PRIMARY KEY ("policy_id","version")
);

-- CreateTable
CREATE TABLE "policy_draft" (
    "policy_id" TEXT NOT NULL,
    "tenant_id" TEXT,
    "content" JSONB NOT NULL,
    "base_version" INTEGER NOT NULL,
    "author" TEXT NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "policy_draft_pkey" PRIMARY KEY ("policy_id")
);

-- CreateTable
CREATE TABLE "policy_activation" (
    "epoch" INTEGER NOT NULL,
    "policy_id" TEXT NOT NULL,
    "tenant_id" TEXT,
    "version" INTEGER NOT NULL,
    "hash" TEXT NOT NULL,
    "scope" JSONB NOT NULL,
    "from" TIMESTAMPTZ(3) NOT NULL,
    "until" TIMESTAMPTZ(3),
    "revoked" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "policy_activation_pkey" PRIMARY KEY ("epoch")
);

-- CreateTable
CREATE TABLE "policy_rollout" (
    "id" TEXT NOT NULL,
    "policy_id" TEXT NOT NULL,
    "tenant_id" TEXT,
    "version" INTEGER NOT NULL,
    "hash" TEXT NOT NULL,
    "strict" BOOLEAN NOT NULL,
    "state" TEXT NOT NULL,
    "quorum" DOUBLE PRECISION NOT NULL,
    "deadline_ms" INTEGER NOT NULL,
    "published_at" TIMESTAMPTZ(3) NOT NULL,
    "staged_at" TIMESTAMPTZ(3),
    "decided_at" TIMESTAMPTZ(3),
    "epoch" INTEGER,
    "reason" TEXT,

    CONSTRAINT "policy_rollout_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "policy_rollout_member" (
    "rollout_id" TEXT NOT NULL,
    "relay_id" TEXT NOT NULL,
    "lease_until" TIMESTAMPTZ(3) NOT NULL,
    "ack" TEXT NOT NULL DEFAULT 'none',
    "reason" TEXT,
    "staged_at" TIMESTAMPTZ(3),
    "active_at" TIMESTAMPTZ(3),

    CONSTRAINT "policy_rollout_member_pkey" PRIMARY KEY ("rollout_id","relay_id")
);

-- CreateTable
CREATE TABLE "policy_log" (
    "seq" INTEGER NOT NULL,
    "hash" TEXT NOT NULL,
    "header" TEXT NOT NULL,
    "body" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "policy_id" TEXT,
    "scope" JSONB,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "policy_log_pkey" PRIMARY KEY ("seq")
);

-- CreateTable
CREATE TABLE "relay" (
    "id" TEXT NOT NULL,
    "region" TEXT,
    "labels" JSONB NOT NULL,
    "public_key" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "state_reason" TEXT,
    "agent" TEXT NOT NULL,
    "simulated" BOOLEAN NOT NULL DEFAULT false,
    "token_id" TEXT,
    "message_seq" INTEGER NOT NULL DEFAULT 0,
    "cursor" INTEGER NOT NULL DEFAULT 0,
    "epoch" INTEGER NOT NULL DEFAULT 0,
    "stale" BOOLEAN NOT NULL DEFAULT false,
    "strikes" INTEGER NOT NULL DEFAULT 0,
    "decisions" INTEGER NOT NULL DEFAULT 0,
    "joined_at" TIMESTAMPTZ(3) NOT NULL,
    "last_seen_at" TIMESTAMPTZ(3),
    "lease_until" TIMESTAMPTZ(3),
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "relay_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "relay_policy" (
    "relay_id" TEXT NOT NULL,
    "policy_id" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "hash" TEXT NOT NULL,
    "epoch" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "relay_policy_pkey" PRIMARY KEY ("relay_id","policy_id")
);

-- CreateTable
CREATE TABLE "relay_token" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "uses" INTEGER NOT NULL DEFAULT 0,
    "max_uses" INTEGER NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "relay_token_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "policy_kind_id_idx" ON "policy"("kind", "id");

-- CreateIndex
CREATE INDEX "policy_tenant_id_id_idx" ON "policy"("tenant_id", "id");

-- CreateIndex
CREATE INDEX "policy_updated_at_id_idx" ON "policy"("updated_at" DESC, "id");

-- CreateIndex
CREATE INDEX "policy_version_hash_idx" ON "policy_version"("hash");

-- CreateIndex
CREATE INDEX "policy_version_created_at_idx" ON "policy_version"("created_at");

-- CreateIndex
CREATE INDEX "policy_activation_policy_id_from_idx" ON "policy_activation"("policy_id", "from");

-- CreateIndex
CREATE INDEX "policy_activation_from_idx" ON "policy_activation"("from");

-- CreateIndex
CREATE INDEX "policy_rollout_state_idx" ON "policy_rollout"("state");

-- CreateIndex
CREATE INDEX "policy_rollout_policy_id_version_idx" ON "policy_rollout"("policy_id", "version");

-- CreateIndex
CREATE INDEX "policy_rollout_published_at_idx" ON "policy_rollout"("published_at" DESC);

-- CreateIndex
CREATE INDEX "relay_state_id_idx" ON "relay"("state", "id");

-- CreateIndex
CREATE INDEX "relay_region_id_idx" ON "relay"("region", "id");

-- CreateIndex
CREATE INDEX "relay_policy_policy_id_version_idx" ON "relay_policy"("policy_id", "version");

-- CreateIndex
CREATE UNIQUE INDEX "relay_token_hash_key" ON "relay_token"("hash");

-- AddForeignKey
ALTER TABLE "policy_version" ADD CONSTRAINT "policy_version_policy_id_fkey" FOREIGN KEY ("policy_id") REFERENCES "policy"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "policy_rollout_member" ADD CONSTRAINT "policy_rollout_member_rollout_id_fkey" FOREIGN KEY ("rollout_id") REFERENCES "policy_rollout"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "relay_policy" ADD CONSTRAINT "relay_policy_relay_id_fkey" FOREIGN KEY ("relay_id") REFERENCES "relay"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- A tenant sees its own policies and those of the installation, and writes its own only.
DO $$
DECLARE tbl text;
BEGIN
  FOREACH tbl IN ARRAY ARRAY['policy', 'policy_version', 'policy_draft', 'policy_activation', 'policy_rollout'] LOOP
    PERFORM protect_tenant_table(tbl::regclass, 'tenant_id');
    EXECUTE format('CREATE POLICY tenant_global ON %I FOR SELECT TO atom_tenant USING (tenant_id IS NULL)', tbl);
  END LOOP;
END $$;
SELECT open_global_table('policy_rollout_member');
SELECT open_global_table('policy_log');
SELECT open_global_table('relay');
SELECT open_global_table('relay_policy');
SELECT open_global_table('relay_token', false);

-- What relays have followed is never rewritten.
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON policy_log FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON policy_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
