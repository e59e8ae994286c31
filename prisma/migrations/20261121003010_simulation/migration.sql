-- CreateTable
CREATE TABLE "simulation_run" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "tenant_id" TEXT,
    "title" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "verdict" TEXT,
    "score" DOUBLE PRECISION,
    "requested_by" TEXT NOT NULL,
    "input" JSONB NOT NULL,
    "result" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "ends_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "simulation_run_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "autonomy_gate" (
    "tenant_id" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "mode" TEXT NOT NULL,
    "acted" INTEGER NOT NULL,
    "harmed" INTEGER NOT NULL,
    "saved" INTEGER NOT NULL,
    "false_actions" INTEGER NOT NULL,
    "harm_upper" DOUBLE PRECISION NOT NULL,
    "reason" TEXT NOT NULL,
    "run_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "autonomy_gate_pkey" PRIMARY KEY ("tenant_id","action")
);

-- CreateTable
CREATE TABLE "game_day" (
    "id" UUID NOT NULL,
    "scenario" TEXT NOT NULL,
    "target_kind" TEXT NOT NULL,
    "target_id" TEXT NOT NULL,
    "intensity" DOUBLE PRECISION NOT NULL,
    "minutes" INTEGER NOT NULL,
    "mode" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "verdict" TEXT,
    "schedule_id" UUID,
    "requested_by" TEXT NOT NULL,
    "record" JSONB NOT NULL,
    "report" TEXT,
    "envelope" JSONB,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "due_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "game_day_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "game_day_schedule" (
    "id" UUID NOT NULL,
    "scenario" TEXT NOT NULL,
    "target_kind" TEXT NOT NULL,
    "target_id" TEXT NOT NULL,
    "intensity" DOUBLE PRECISION NOT NULL,
    "minutes" INTEGER NOT NULL,
    "weekday" INTEGER NOT NULL,
    "hour" INTEGER NOT NULL,
    "minute" INTEGER NOT NULL,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "last_due" TIMESTAMPTZ(3),
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "game_day_schedule_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "simulation_run_created_at_id_idx" ON "simulation_run"("created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "simulation_run_kind_state_idx" ON "simulation_run"("kind", "state");

-- CreateIndex
CREATE INDEX "simulation_run_tenant_id_created_at_idx" ON "simulation_run"("tenant_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "game_day_started_at_id_idx" ON "game_day"("started_at" DESC, "id");

-- CreateIndex
CREATE INDEX "game_day_state_due_at_idx" ON "game_day"("state", "due_at");

SELECT protect_tenant_table('simulation_run', 'tenant_id');
SELECT protect_tenant_table('autonomy_gate', 'tenant_id', false);
SELECT open_global_table('game_day');
SELECT open_global_table('game_day_schedule');
