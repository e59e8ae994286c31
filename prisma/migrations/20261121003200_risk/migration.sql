CREATE TABLE "governance_risks" (
    "tenant_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "service" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "security" DOUBLE PRECISION NOT NULL,
    "cost" DOUBLE PRECISION NOT NULL,
    "performance" DOUBLE PRECISION NOT NULL,
    "reliability" DOUBLE PRECISION NOT NULL,
    "compliance" DOUBLE PRECISION NOT NULL,
    "level" TEXT NOT NULL,
    "probability" DOUBLE PRECISION,
    "contributions" JSONB NOT NULL,
    "inputs" TEXT NOT NULL,
    "simulated" BOOLEAN NOT NULL,
    CONSTRAINT "governance_risks_pkey" PRIMARY KEY ("tenant_id", "id"),
    CONSTRAINT "governance_risks_level_check" CHECK (level IN ('low', 'med', 'high', 'critical')),
    CONSTRAINT "governance_risks_range_check" CHECK (
      security BETWEEN 0 AND 100 AND cost BETWEEN 0 AND 100 AND performance BETWEEN 0 AND 100
      AND reliability BETWEEN 0 AND 100 AND compliance BETWEEN 0 AND 100 AND probability BETWEEN 0 AND 1)
);
CREATE INDEX "governance_risks_tenant_id_service_at_idx" ON "governance_risks"("tenant_id", "service", "at" DESC);
CREATE INDEX "governance_risks_at_idx" ON "governance_risks"("at");

CREATE TABLE "risk_rule" (
    "id" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "enabled" BOOLEAN NOT NULL,
    "definition" JSONB NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_by" TEXT NOT NULL,
    CONSTRAINT "risk_rule_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "risk_rule_version" (
    "rule_id" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "enabled" BOOLEAN NOT NULL,
    "definition" JSONB NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "by" TEXT NOT NULL,
    CONSTRAINT "risk_rule_version_pkey" PRIMARY KEY ("rule_id", "version")
);

CREATE TABLE "risk_signal" (
    "tenant_id" TEXT NOT NULL,
    "service" TEXT NOT NULL,
    "metric" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "value" DOUBLE PRECISION NOT NULL,
    "expected" DOUBLE PRECISION NOT NULL,
    "score" DOUBLE PRECISION NOT NULL,
    "state" JSONB NOT NULL,
    "simulated" BOOLEAN NOT NULL,
    CONSTRAINT "risk_signal_pkey" PRIMARY KEY ("tenant_id", "service", "metric")
);
CREATE INDEX "risk_signal_at_idx" ON "risk_signal"("at");

CREATE TABLE "risk_incident" (
    "tenant_id" TEXT NOT NULL,
    "id" UUID NOT NULL,
    "title" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "severity" TEXT NOT NULL,
    "services" TEXT[],
    "regions" TEXT[],
    "dimensions" TEXT[],
    "opened_at" TIMESTAMPTZ(3) NOT NULL,
    "last_at" TIMESTAMPTZ(3) NOT NULL,
    "acknowledged_at" TIMESTAMPTZ(3),
    "acknowledged_by" TEXT,
    "resolved_at" TIMESTAMPTZ(3),
    "resolved_by" TEXT,
    "verdict" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,
    "simulated" BOOLEAN NOT NULL,
    CONSTRAINT "risk_incident_pkey" PRIMARY KEY ("tenant_id", "id"),
    CONSTRAINT "risk_incident_state_check" CHECK (state IN ('open', 'acknowledged', 'resolved')),
    CONSTRAINT "risk_incident_verdict_check" CHECK (verdict IN ('confirmed', 'false_alarm')),
    CONSTRAINT "risk_incident_resolved_check" CHECK ((state = 'resolved') = (resolved_at IS NOT NULL))
);
CREATE INDEX "risk_incident_tenant_id_state_opened_at_idx" ON "risk_incident"("tenant_id", "state", "opened_at" DESC);
CREATE INDEX "risk_incident_opened_at_id_idx" ON "risk_incident"("opened_at" DESC, "id");

CREATE TABLE "risk_alert" (
    "tenant_id" TEXT NOT NULL,
    "id" UUID NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "firing" TEXT,
    "rule" TEXT NOT NULL,
    "service" TEXT,
    "region" TEXT,
    "dimension" TEXT NOT NULL,
    "severity" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "first_at" TIMESTAMPTZ(3) NOT NULL,
    "last_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "count" INTEGER NOT NULL,
    "event_ids" TEXT[],
    "incident_id" UUID NOT NULL,
    "simulated" BOOLEAN NOT NULL,
    CONSTRAINT "risk_alert_pkey" PRIMARY KEY ("tenant_id", "id"),
    CONSTRAINT "risk_alert_firing_check" CHECK (firing IS NULL OR firing = fingerprint),
    CONSTRAINT "risk_alert_tenant_id_incident_id_fkey" FOREIGN KEY ("tenant_id", "incident_id")
      REFERENCES "risk_incident"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "risk_alert_tenant_id_firing_key" ON "risk_alert"("tenant_id", "firing");
CREATE INDEX "risk_alert_tenant_id_incident_id_idx" ON "risk_alert"("tenant_id", "incident_id");

CREATE TABLE "risk_incident_entry" (
    "tenant_id" TEXT NOT NULL,
    "id" UUID NOT NULL,
    "incident_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "kind" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "event_ids" TEXT[],
    CONSTRAINT "risk_incident_entry_pkey" PRIMARY KEY ("tenant_id", "id"),
    CONSTRAINT "risk_incident_entry_tenant_id_incident_id_fkey" FOREIGN KEY ("tenant_id", "incident_id")
      REFERENCES "risk_incident"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "risk_incident_entry_tenant_id_incident_id_at_idx" ON "risk_incident_entry"("tenant_id", "incident_id", "at");

CREATE TABLE "risk_calibration" (
    "id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "source" TEXT NOT NULL,
    "weights" JSONB NOT NULL,
    "knots" JSONB NOT NULL,
    "report" JSONB NOT NULL,
    "fitted" INTEGER NOT NULL,
    "judged" INTEGER NOT NULL,
    "brier" DOUBLE PRECISION NOT NULL,
    "baseline" DOUBLE PRECISION NOT NULL,
    "active" BOOLEAN NOT NULL,
    CONSTRAINT "risk_calibration_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "risk_calibration_at_idx" ON "risk_calibration"("at" DESC);

SELECT protect_tenant_table('governance_risks', 'tenant_id');
SELECT protect_tenant_table('risk_signal', 'tenant_id');
SELECT protect_tenant_table('risk_incident', 'tenant_id');
SELECT protect_tenant_table('risk_alert', 'tenant_id');
SELECT protect_tenant_table('risk_incident_entry', 'tenant_id');
SELECT open_global_table('risk_rule');
SELECT open_global_table('risk_rule_version');
SELECT open_global_table('risk_calibration');
-- A tenant's score is computed as the tenant: by which rules and with which calibration is no secret.
GRANT SELECT ON risk_rule, risk_calibration TO atom_tenant;

-- What was scored, and what a rule once said, stays what it was; scores are deleted only when they are too old.
CREATE TRIGGER never_changed BEFORE UPDATE ON governance_risks FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_changed BEFORE UPDATE ON risk_rule_version FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_deleted BEFORE DELETE ON risk_rule_version FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_changed BEFORE UPDATE ON risk_incident_entry FOR EACH ROW EXECUTE FUNCTION refuse_change();
