-- CreateTable
CREATE TABLE "cost_row" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT,
    "charge_start" TIMESTAMPTZ(3) NOT NULL,
    "charge_end" TIMESTAMPTZ(3) NOT NULL,
    "billing_start" TIMESTAMPTZ(3) NOT NULL,
    "provider" TEXT NOT NULL,
    "category" TEXT NOT NULL,
    "service_category" TEXT NOT NULL,
    "service_name" TEXT NOT NULL,
    "resource_id" TEXT,
    "region" TEXT,
    "currency" TEXT NOT NULL,
    "billed_cost" DECIMAL(38,18) NOT NULL,
    "effective_cost" DECIMAL(38,18) NOT NULL,
    "consumed_quantity" DECIMAL(38,18),
    "consumed_unit" TEXT,
    "columns" JSONB NOT NULL,
    "import_id" TEXT NOT NULL,
    "simulated" BOOLEAN NOT NULL,

    CONSTRAINT "cost_row_pkey" PRIMARY KEY ("charge_start", "id")
) PARTITION BY RANGE ("charge_start");

-- CreateTable
CREATE TABLE "cost_import" (
    "id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "by" TEXT NOT NULL,
    "format" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "rows" INTEGER NOT NULL,
    "added" INTEGER NOT NULL,
    "digest" TEXT NOT NULL,
    "currency" TEXT NOT NULL,
    "billed_total" DECIMAL(38,18) NOT NULL,
    "stated_total" DECIMAL(38,18),
    "first_month" TEXT NOT NULL,
    "last_month" TEXT NOT NULL,
    "simulated" BOOLEAN NOT NULL,

    CONSTRAINT "cost_import_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "cost_budget" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "service" TEXT,
    "amount" DECIMAL(14,2) NOT NULL,
    "currency" TEXT NOT NULL,
    "thresholds" INTEGER[],
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "cost_budget_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "cost_budget_alert" (
    "budget_id" TEXT NOT NULL,
    "month" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "threshold" INTEGER NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "amount" DECIMAL(14,2) NOT NULL,
    "value" DECIMAL(14,2) NOT NULL,

    CONSTRAINT "cost_budget_alert_pkey" PRIMARY KEY ("budget_id","month","kind","threshold")
);

-- CreateTable
CREATE TABLE "cost_prediction" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "service" TEXT,
    "region" TEXT,
    "currency" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "baseline" DECIMAL(18,6),
    "per_day" DECIMAL(18,6) NOT NULL,
    "low" DECIMAL(18,6) NOT NULL,
    "high" DECIMAL(18,6) NOT NULL,
    "simulated" BOOLEAN NOT NULL,

    CONSTRAINT "cost_prediction_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "cost_realised" (
    "prediction_id" TEXT NOT NULL,
    "after" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "due" TIMESTAMPTZ(3) NOT NULL,
    "at" TIMESTAMPTZ(3),
    "per_day" DECIMAL(18,6),
    "within" BOOLEAN,
    "reason" TEXT,

    CONSTRAINT "cost_realised_pkey" PRIMARY KEY ("prediction_id","after")
);

-- CreateIndex
CREATE INDEX "cost_row_tenant_id_charge_start_idx" ON "cost_row"("tenant_id", "charge_start");

-- CreateIndex
CREATE INDEX "cost_row_resource_id_charge_start_idx" ON "cost_row"("resource_id", "charge_start");

-- CreateIndex
CREATE INDEX "cost_row_import_id_idx" ON "cost_row"("import_id");

-- CreateIndex
CREATE INDEX "cost_import_at_id_idx" ON "cost_import"("at" DESC, "id");

-- CreateIndex
CREATE INDEX "cost_budget_tenant_id_id_idx" ON "cost_budget"("tenant_id", "id");

-- CreateIndex
CREATE INDEX "cost_budget_alert_tenant_id_at_idx" ON "cost_budget_alert"("tenant_id", "at");

-- CreateIndex
CREATE UNIQUE INDEX "cost_prediction_kind_tenant_id_subject_key" ON "cost_prediction"("kind", "tenant_id", "subject");

-- CreateIndex
CREATE INDEX "cost_prediction_tenant_id_at_idx" ON "cost_prediction"("tenant_id", "at");

-- CreateIndex
CREATE INDEX "cost_realised_due_idx" ON "cost_realised"("due");

-- CreateIndex
CREATE INDEX "cost_realised_tenant_id_idx" ON "cost_realised"("tenant_id");

SELECT protect_tenant_table('cost_row', 'tenant_id', false);
SELECT open_global_table('cost_import');
SELECT protect_tenant_table('cost_budget', 'tenant_id');
SELECT protect_tenant_table('cost_budget_alert', 'tenant_id', false);
SELECT protect_tenant_table('cost_prediction', 'tenant_id');
SELECT protect_tenant_table('cost_realised', 'tenant_id');

-- Charges are facts: they come and, with their month, go; nobody rewrites one.
CREATE TRIGGER never_changed BEFORE UPDATE ON cost_row FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A month's partition is made when its first charge comes. Tenants are never given a partition by name: the parent's
-- policy is what they read through.
CREATE FUNCTION "cost_month"(p_month date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = atom, pg_temp AS $$
DECLARE
  first date := date_trunc('month', p_month)::date;
  name text := format('cost_row_%s', to_char(first, 'YYYY_MM'));
BEGIN
  IF first < date '2000-01-01' OR first > date '2200-01-01' THEN
    RAISE EXCEPTION 'no partition for %', p_month USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF to_regclass(format('atom.%I', name)) IS NOT NULL THEN RETURN; END IF;
  PERFORM pg_advisory_xact_lock(hashtext('cost_month'));
  IF to_regclass(format('atom.%I', name)) IS NOT NULL THEN RETURN; END IF;
  EXECUTE format('CREATE TABLE atom.%I PARTITION OF atom.cost_row FOR VALUES FROM (%L) TO (%L)', name,
    first::timestamp AT TIME ZONE 'UTC', (first + interval '1 month') AT TIME ZONE 'UTC');
END $$;
REVOKE ALL ON FUNCTION "cost_month"(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION "cost_month"(date) TO atom_app;
