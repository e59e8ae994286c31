-- CreateTable
CREATE TABLE "policy_decision" (
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "kind" TEXT NOT NULL,
    "tenant_id" TEXT,
    "question" JSONB NOT NULL,
    "effect" TEXT NOT NULL,
    "under" JSONB NOT NULL,
    "weight" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "policy_decision_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "policy_decision_kind_at_idx" ON "policy_decision"("kind", "at");

-- CreateIndex
CREATE INDEX "policy_decision_at_idx" ON "policy_decision"("at");

SELECT protect_tenant_table('policy_decision', 'tenant_id', false);
GRANT USAGE ON SEQUENCE policy_decision_id_seq TO atom_app;
