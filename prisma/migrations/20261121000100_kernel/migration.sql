-- Sequences and functions refer to the connection's search path, which the login roles pin to the schema "atom".

-- CreateTable
CREATE TABLE "ledger_entry" (
    "id" BIGSERIAL NOT NULL,
    "uid" UUID NOT NULL,
    "body" BYTEA NOT NULL,
    "leaf" BYTEA NOT NULL,
    "type" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "tenant_id" TEXT,
    "target" TEXT,
    "reference" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "ledger_entry_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ledger_leaf" (
    "idx" BIGINT NOT NULL,
    "entry_id" BIGINT NOT NULL,
    "leaf" BYTEA NOT NULL,

    CONSTRAINT "ledger_leaf_pkey" PRIMARY KEY ("idx")
);

-- CreateTable
CREATE TABLE "ledger_head" (
    "only" BOOLEAN NOT NULL DEFAULT true,
    "size" BIGINT NOT NULL DEFAULT 0,
    "frontier" BYTEA NOT NULL,
    "low" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "ledger_head_pkey" PRIMARY KEY ("only")
);

-- CreateTable
CREATE TABLE "ledger_checkpoint" (
    "size" BIGINT NOT NULL,
    "root" BYTEA NOT NULL,
    "note" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "ledger_checkpoint_pkey" PRIMARY KEY ("size")
);

-- CreateTable
CREATE TABLE "outbox" (
    "id" BIGSERIAL NOT NULL,
    "kind" TEXT NOT NULL,
    "body" JSONB NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "outbox_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "realtime_event" (
    "id" BIGINT NOT NULL,
    "topic" TEXT NOT NULL,
    "key" TEXT,
    "tenant_id" TEXT,
    "type" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "realtime_event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "idempotency" (
    "principal" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "procedure" TEXT NOT NULL,
    "input_digest" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "response" JSONB,
    "entry_uid" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "idempotency_pkey" PRIMARY KEY ("principal","key")
);

-- CreateTable
CREATE TABLE "rate_bucket" (
    "key" TEXT NOT NULL,
    "tokens" DOUBLE PRECISION NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "rate_bucket_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "region" (
    "id" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "provider" TEXT,
    "environment" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "lat" DOUBLE PRECISION,
    "lon" DOUBLE PRECISION,
    "country" TEXT,
    "simulated" BOOLEAN NOT NULL DEFAULT false,
    "content_hash" TEXT NOT NULL,
    "envelope" JSONB NOT NULL,
    "state_since" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "region_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "region_key" (
    "id" TEXT NOT NULL,
    "region_id" TEXT NOT NULL,
    "algorithm" TEXT NOT NULL,
    "public_key" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "region_key_pkey" PRIMARY KEY ("region_id","id")
);

-- CreateTable
CREATE TABLE "tenant" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'active',
    "environment" TEXT NOT NULL,
    "tier" TEXT NOT NULL,
    "home_region" TEXT NOT NULL,
    "allowed_regions" TEXT[],
    "allowed_countries" TEXT[],
    "data_classes" TEXT[],
    "consents" TEXT[],
    "monthly_budget" DECIMAL(14,2),
    "simulated" BOOLEAN NOT NULL DEFAULT false,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "tenant_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "ledger_entry_uid_key" ON "ledger_entry"("uid");

-- CreateIndex
CREATE INDEX "ledger_entry_type_id_idx" ON "ledger_entry"("type", "id");

-- CreateIndex
CREATE INDEX "ledger_entry_tenant_id_id_idx" ON "ledger_entry"("tenant_id", "id");

-- CreateIndex
CREATE INDEX "ledger_entry_target_id_idx" ON "ledger_entry"("target", "id");

-- CreateIndex
CREATE INDEX "ledger_entry_actor_id_idx" ON "ledger_entry"("actor", "id");

-- CreateIndex
CREATE INDEX "ledger_entry_reference_idx" ON "ledger_entry"("reference");

-- CreateIndex
CREATE UNIQUE INDEX "ledger_leaf_entry_id_key" ON "ledger_leaf"("entry_id");

-- CreateIndex
CREATE INDEX "realtime_event_at_idx" ON "realtime_event"("at");

-- CreateIndex
CREATE INDEX "idempotency_expires_at_idx" ON "idempotency"("expires_at");

-- CreateIndex
CREATE INDEX "tenant_updated_at_id_idx" ON "tenant"("updated_at" DESC, "id");

-- CreateIndex
CREATE INDEX "tenant_name_id_idx" ON "tenant"("name", "id");

-- CreateIndex
CREATE INDEX "tenant_home_region_id_idx" ON "tenant"("home_region", "id");

-- CreateIndex
CREATE INDEX "tenant_state_id_idx" ON "tenant"("state", "id");

-- AddForeignKey
ALTER TABLE "ledger_leaf" ADD CONSTRAINT "ledger_leaf_entry_id_fkey" FOREIGN KEY ("entry_id") REFERENCES "ledger_entry"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "region_key" ADD CONSTRAINT "region_key_region_id_fkey" FOREIGN KEY ("region_id") REFERENCES "region"("id") ON DELETE RESTRICT ON UPDATE CASCADE;


-- Access: one statement per table, so that no table can forget RLS. ---------------------------------------------

-- A table whose rows belong to a tenant. The setting is wrapped in a sub-select so that it is planned once.
CREATE FUNCTION "protect_tenant_table"(tbl regclass, tenant_column name, tenant_writes boolean DEFAULT true)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE own text := format('%I = (SELECT current_setting(''app.tenant'', true))', tenant_column);
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tbl);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', tbl);
  EXECUTE format('CREATE POLICY owner_all ON %s TO atom_owner USING (true) WITH CHECK (true)', tbl);
  EXECUTE format('CREATE POLICY app_all ON %s TO atom_app USING (true) WITH CHECK (true)', tbl);
  EXECUTE format('CREATE POLICY auditor_read ON %s FOR SELECT TO atom_auditor USING (true)', tbl);
  EXECUTE format('CREATE POLICY tenant_own ON %s TO atom_tenant USING (%s) WITH CHECK (%s)', tbl, own, own);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO atom_app', tbl);
  EXECUTE format('GRANT SELECT ON %s TO atom_auditor', tbl);
  IF tenant_writes THEN
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO atom_tenant', tbl);
  ELSE
    EXECUTE format('GRANT SELECT ON %s TO atom_tenant', tbl);
  END IF;
END $$;

-- A table of the installation as a whole: tenants do not see it at all.
CREATE FUNCTION "open_global_table"(tbl regclass, auditor_reads boolean DEFAULT true)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO atom_app', tbl);
  IF auditor_reads THEN
    EXECUTE format('GRANT SELECT ON %s TO atom_auditor', tbl);
  END IF;
  EXECUTE format('COMMENT ON TABLE %s IS %L', tbl, 'scope: global');
END $$;

SELECT protect_tenant_table('tenant', 'id');
SELECT open_global_table('region');
SELECT open_global_table('region_key');
SELECT open_global_table('idempotency', false);
SELECT open_global_table('rate_bucket', false);
GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency, rate_bucket TO atom_tenant, atom_auditor;

-- The ledger: nobody writes but the append function and the sequencer; nobody updates or deletes.
ALTER TABLE ledger_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger_entry FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON ledger_entry TO atom_owner USING (true) WITH CHECK (true);
CREATE POLICY app_read ON ledger_entry FOR SELECT TO atom_app USING (true);
CREATE POLICY auditor_read ON ledger_entry FOR SELECT TO atom_auditor USING (true);
CREATE POLICY tenant_own ON ledger_entry FOR SELECT TO atom_tenant
  USING (tenant_id = (SELECT current_setting('app.tenant', true)));
GRANT SELECT ON ledger_entry TO atom_app, atom_auditor, atom_tenant;
GRANT SELECT ON ledger_leaf, ledger_head, ledger_checkpoint TO atom_app, atom_auditor, atom_tenant;
COMMENT ON TABLE ledger_leaf IS 'scope: global';
COMMENT ON TABLE ledger_head IS 'scope: global';
COMMENT ON TABLE ledger_checkpoint IS 'scope: global';
COMMENT ON TABLE outbox IS 'scope: global';
GRANT SELECT ON realtime_event TO atom_app;
COMMENT ON TABLE realtime_event IS 'scope: global';
INSERT INTO ledger_head ("only", size, frontier, low) VALUES (true, 0, '\x', 0);

CREATE FUNCTION "refuse_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger is append-only: % on % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_entry FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON ledger_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_leaf FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON ledger_leaf FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_checkpoint FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Closes a commit in one round trip: ledger entry, outbox rows, idempotency mark. The transaction id is taken before the
-- sequence value: the sequencer relies on it to know which ids can still appear.
CREATE FUNCTION "finish_commit"(
  p_uid uuid, p_body bytea, p_leaf bytea, p_type text, p_actor text, p_tenant text, p_target text, p_reference text,
  p_at timestamptz, p_outbox jsonb, p_idem_principal text, p_idem_key text
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = atom, pg_temp AS $$
BEGIN
  PERFORM pg_current_xact_id();
  INSERT INTO ledger_entry (uid, body, leaf, type, actor, tenant_id, target, reference, at)
    VALUES (p_uid, p_body, p_leaf, p_type, p_actor, p_tenant, p_target, p_reference, p_at);
  INSERT INTO outbox (kind, body)
    SELECT item->>'kind', item->'body' FROM jsonb_array_elements(p_outbox) AS item;
  IF p_idem_key IS NOT NULL THEN
    UPDATE idempotency SET entry_uid = p_uid WHERE principal = p_idem_principal AND key = p_idem_key;
  END IF;
END $$;
REVOKE ALL ON FUNCTION finish_commit FROM PUBLIC;
GRANT EXECUTE ON FUNCTION finish_commit TO atom_app, atom_tenant, atom_auditor;
