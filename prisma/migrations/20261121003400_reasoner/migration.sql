-- CreateTable
CREATE TABLE "reasoner_context" (
    "tenant_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "window_minutes" INTEGER NOT NULL,
    "actions" TEXT[],
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "created_by" TEXT NOT NULL,

    CONSTRAINT "reasoner_context_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "reasoner_decision" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "context_id" TEXT NOT NULL,
    "risk_id" TEXT NOT NULL,
    "service" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "outcome" TEXT NOT NULL,
    "reason" TEXT,
    "confidence" DOUBLE PRECISION NOT NULL,
    "evidence" JSONB NOT NULL,
    "digest" TEXT NOT NULL,
    "took_ms" DOUBLE PRECISION NOT NULL,
    "simulated" BOOLEAN NOT NULL,
    "asked_by" TEXT NOT NULL,

    CONSTRAINT "reasoner_decision_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "reasoning_trace" (
    "decision_id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "steps" JSONB NOT NULL,

    CONSTRAINT "reasoning_trace_pkey" PRIMARY KEY ("decision_id")
);

-- CreateTable
CREATE TABLE "proposal" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "decision_id" TEXT NOT NULL,
    "rank" INTEGER NOT NULL,
    "title" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "cause" TEXT NOT NULL,
    "plan" JSONB NOT NULL,
    "plan_hash" TEXT NOT NULL,
    "confidence" DOUBLE PRECISION NOT NULL,
    "score" DOUBLE PRECISION NOT NULL,
    "body" JSONB NOT NULL,

    CONSTRAINT "proposal_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "proposal_dispatch" (
    "proposal_id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "exec_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "by" TEXT NOT NULL,
    "dimension" TEXT NOT NULL,
    "predicted" DOUBLE PRECISION NOT NULL,
    "realised" DOUBLE PRECISION,
    "realised_at" TIMESTAMPTZ(3),
    "ended" TEXT,

    CONSTRAINT "proposal_dispatch_pkey" PRIMARY KEY ("proposal_id")
);

-- CreateTable
CREATE TABLE "reasoner_enrichment" (
    "decision_id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "model" TEXT,
    "order" TEXT[],
    "texts" JSONB,
    "problem" TEXT,
    "prompt_hash" TEXT,
    "simulated" BOOLEAN NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "reasoner_enrichment_pkey" PRIMARY KEY ("decision_id")
);

-- CreateIndex
CREATE INDEX "reasoner_decision_tenant_id_at_idx" ON "reasoner_decision"("tenant_id", "at" DESC);

-- CreateIndex
CREATE INDEX "reasoner_decision_at_idx" ON "reasoner_decision"("at" DESC);

-- CreateIndex
CREATE INDEX "reasoning_trace_tenant_id_idx" ON "reasoning_trace"("tenant_id");

-- CreateIndex
CREATE UNIQUE INDEX "proposal_decision_id_rank_key" ON "proposal"("decision_id", "rank");

-- CreateIndex
CREATE INDEX "proposal_tenant_id_idx" ON "proposal"("tenant_id");

-- CreateIndex
CREATE INDEX "proposal_dispatch_tenant_id_at_idx" ON "proposal_dispatch"("tenant_id", "at" DESC);

-- CreateIndex
CREATE INDEX "proposal_dispatch_realised_at_at_idx" ON "proposal_dispatch"("realised_at", "at");

-- CreateIndex
CREATE INDEX "reasoner_enrichment_tenant_id_idx" ON "reasoner_enrichment"("tenant_id");

-- AddForeignKey
ALTER TABLE "reasoning_trace" ADD CONSTRAINT "reasoning_trace_decision_id_fkey" FOREIGN KEY ("decision_id") REFERENCES "reasoner_decision"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "proposal" ADD CONSTRAINT "proposal_decision_id_fkey" FOREIGN KEY ("decision_id") REFERENCES "reasoner_decision"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "proposal_dispatch" ADD CONSTRAINT "proposal_dispatch_proposal_id_fkey" FOREIGN KEY ("proposal_id") REFERENCES "proposal"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "reasoner_enrichment" ADD CONSTRAINT "reasoner_enrichment_decision_id_fkey" FOREIGN KEY ("decision_id") REFERENCES "reasoner_decision"("id") ON DELETE CASCADE ON UPDATE CASCADE;

SELECT protect_tenant_table('reasoner_context', 'tenant_id');
SELECT protect_tenant_table('reasoner_decision', 'tenant_id');
SELECT protect_tenant_table('reasoning_trace', 'tenant_id');
SELECT protect_tenant_table('proposal', 'tenant_id');
SELECT protect_tenant_table('proposal_dispatch', 'tenant_id');
SELECT protect_tenant_table('reasoner_enrichment', 'tenant_id');

-- What was answered stays as it was answered: neither a later model's text nor anybody else rewrites it.
CREATE TRIGGER never_changed BEFORE UPDATE ON reasoner_decision FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_changed BEFORE UPDATE ON reasoning_trace FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_changed BEFORE UPDATE ON proposal FOR EACH ROW EXECUTE FUNCTION refuse_change();
