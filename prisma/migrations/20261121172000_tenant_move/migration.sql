-- What was asked for, planned and done when a tenant's home went to another region.
CREATE TABLE "tenant_move" (
    "id" UUID NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "from_region" TEXT NOT NULL,
    "to_region" TEXT NOT NULL,
    "dry" BOOLEAN NOT NULL,
    "state" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "by" TEXT NOT NULL,
    "plan" JSONB NOT NULL,
    "steps" JSONB NOT NULL,
    "message" TEXT,
    "simulated" BOOLEAN NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),
    CONSTRAINT "tenant_move_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "tenant_move_tenant_id_started_at_idx" ON "tenant_move"("tenant_id", "started_at" DESC);
-- Two moves of one tenant would each undo what the other planned.
CREATE UNIQUE INDEX "tenant_move_running" ON "tenant_move"("tenant_id") WHERE "state" = 'running';
SELECT protect_tenant_table('tenant_move', 'tenant_id');
