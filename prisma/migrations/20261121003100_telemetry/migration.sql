CREATE TABLE "telemetry_event" (
    "tenant_id" TEXT NOT NULL,
    "ts" TIMESTAMPTZ(3) NOT NULL,
    "id" TEXT NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL,
    "event" TEXT NOT NULL,
    "severity" SMALLINT NOT NULL,
    "service" TEXT,
    "region" TEXT,
    "message" TEXT,
    "template_id" TEXT,
    "trace_id" TEXT,
    "attributes" JSONB NOT NULL,
    "source" TEXT NOT NULL,
    "simulated" BOOLEAN NOT NULL,
    "batch" UUID NOT NULL,
    CONSTRAINT "telemetry_event_pkey" PRIMARY KEY ("tenant_id","ts","id")
) PARTITION BY RANGE ("ts");
CREATE INDEX "telemetry_event_id_idx" ON "telemetry_event"("id");
CREATE INDEX "telemetry_event_ts_idx" ON "telemetry_event"("ts");
CREATE INDEX "telemetry_event_tenant_id_service_ts_idx" ON "telemetry_event"("tenant_id", "service", "ts");
CREATE INDEX "telemetry_event_tenant_id_template_id_ts_idx" ON "telemetry_event"("tenant_id", "template_id", "ts");

CREATE TABLE "telemetry_batch" (
    "id" UUID NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "sources" TEXT[],
    "callers" TEXT[],
    "count" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "recorded_at" TIMESTAMPTZ(3),
    CONSTRAINT "telemetry_batch_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "telemetry_batch_tenant_id_at_idx" ON "telemetry_batch"("tenant_id", "at");
CREATE INDEX "telemetry_batch_recorded_at_at_idx" ON "telemetry_batch"("recorded_at", "at");

CREATE TABLE "metric_point" (
    "tenant_id" TEXT NOT NULL,
    "service" TEXT NOT NULL,
    "metric" TEXT NOT NULL,
    "ts" TIMESTAMPTZ(3) NOT NULL,
    "value" DOUBLE PRECISION NOT NULL,
    "simulated" BOOLEAN NOT NULL,
    CONSTRAINT "metric_point_pkey" PRIMARY KEY ("tenant_id","service","metric","ts")
) PARTITION BY RANGE ("ts");

CREATE TABLE "log_template" (
    "tenant_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "template" TEXT NOT NULL,
    "event" TEXT NOT NULL,
    "severity" SMALLINT NOT NULL,
    "example" TEXT NOT NULL,
    "count" BIGINT NOT NULL DEFAULT 0,
    "first_seen" TIMESTAMPTZ(3) NOT NULL,
    "last_seen" TIMESTAMPTZ(3) NOT NULL,
    "embedding" BYTEA,
    "embedding_model" TEXT,
    CONSTRAINT "log_template_pkey" PRIMARY KEY ("tenant_id","id")
);
CREATE INDEX "log_template_tenant_id_first_seen_idx" ON "log_template"("tenant_id", "first_seen");
CREATE INDEX "log_template_tenant_id_last_seen_idx" ON "log_template"("tenant_id", "last_seen");

CREATE TABLE "telemetry_source" (
    "id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "simulated" BOOLEAN NOT NULL,
    "cursor" TEXT,
    "pulled" BIGINT NOT NULL DEFAULT 0,
    "errors" BIGINT NOT NULL DEFAULT 0,
    "lag_seconds" DOUBLE PRECISION,
    "last_ok_at" TIMESTAMPTZ(3),
    "last_error" TEXT,
    "last_error_at" TIMESTAMPTZ(3),
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "telemetry_source_pkey" PRIMARY KEY ("id")
);

-- Tenants read what is theirs; nobody but the ingest role writes it, and nobody changes what was written.
SELECT protect_tenant_table('telemetry_event', 'tenant_id', false);
SELECT protect_tenant_table('telemetry_batch', 'tenant_id', false);
SELECT protect_tenant_table('metric_point', 'tenant_id', false);
SELECT protect_tenant_table('log_template', 'tenant_id', false);
SELECT open_global_table('telemetry_source');
REVOKE INSERT, UPDATE, DELETE ON telemetry_event, metric_point FROM atom_app;
REVOKE INSERT, DELETE ON telemetry_batch FROM atom_app;

CREATE POLICY ingest_add ON telemetry_batch FOR INSERT TO atom_ingest WITH CHECK (true);
CREATE POLICY ingest_add ON log_template FOR INSERT TO atom_ingest WITH CHECK (true);
GRANT INSERT ON telemetry_batch, log_template TO atom_ingest;

-- COPY refuses tables with row level security, so rows go straight into the partitions. These lie in a schema that no
-- reader may enter: who reads goes through the parent and its policies.
CREATE SCHEMA "atom_telemetry";
REVOKE ALL ON SCHEMA atom_telemetry FROM PUBLIC;
GRANT USAGE ON SCHEMA atom_telemetry TO atom_ingest;

-- Ids that senders chose: a second event with the same one is not written again. Ids of our own need no entry.
CREATE TABLE atom_telemetry.event_key (
    "tenant_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "ts" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "event_key_pkey" PRIMARY KEY ("tenant_id","id")
);
CREATE INDEX "event_key_ts_idx" ON atom_telemetry.event_key USING brin ("ts");
GRANT SELECT, INSERT ON atom_telemetry.event_key TO atom_ingest;

-- Attached, not created as a partition: that would lock out readers of all other days for the moment.
CREATE FUNCTION "telemetry_partition"(p_table text, p_day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = atom, pg_temp AS $$
DECLARE leaf text := format('%s_%s', p_table, to_char(p_day, 'YYYYMMDD'));
BEGIN
  IF p_table NOT IN ('telemetry_event', 'metric_point') THEN
    RAISE EXCEPTION 'no partitioned table %', p_table;
  END IF;
  IF to_regclass('atom_telemetry.' || quote_ident(leaf)) IS NOT NULL THEN RETURN; END IF;
  PERFORM pg_advisory_xact_lock(hashtext('telemetry_partition'), hashtext(leaf));
  IF to_regclass('atom_telemetry.' || quote_ident(leaf)) IS NOT NULL THEN RETURN; END IF;
  EXECUTE format('CREATE TABLE atom_telemetry.%I (LIKE atom.%I INCLUDING DEFAULTS)', leaf, p_table);
  EXECUTE format('ALTER TABLE atom.%I ATTACH PARTITION atom_telemetry.%I FOR VALUES FROM (%L) TO (%L)',
    p_table, leaf, p_day::text || ' 00:00:00+00', (p_day + 1)::text || ' 00:00:00+00');
  EXECUTE format('GRANT INSERT ON atom_telemetry.%I TO atom_ingest', leaf);
END $$;
REVOKE ALL ON FUNCTION telemetry_partition FROM PUBLIC;
GRANT EXECUTE ON FUNCTION telemetry_partition TO atom_ingest;

-- Which days are kept, for the page and for the control that looks after retention.
CREATE FUNCTION "telemetry_partitions"() RETURNS TABLE (parent text, day date, bytes bigint, rows bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = atom, pg_temp AS $$
  SELECT p.relname::text, to_date(right(c.relname, 8), 'YYYYMMDD'), pg_total_relation_size(c.oid), greatest(c.reltuples, 0)::bigint
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
  WHERE p.oid IN ('atom.telemetry_event'::regclass, 'atom.metric_point'::regclass)
$$;
REVOKE ALL ON FUNCTION telemetry_partitions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION telemetry_partitions TO atom_app, atom_auditor;
