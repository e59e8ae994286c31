-- CreateTable
CREATE TABLE "policy_discrepancy" (
    "id" TEXT NOT NULL,
    "relay_id" TEXT NOT NULL,
    "policy_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "desired" INTEGER NOT NULL,
    "observed" INTEGER,
    "since" TIMESTAMPTZ(3) NOT NULL,
    "resolved_at" TIMESTAMPTZ(3),

    CONSTRAINT "policy_discrepancy_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "policy_sync_run" (
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "relays" INTEGER NOT NULL,
    "policies" INTEGER NOT NULL,
    "discrepancies" INTEGER NOT NULL,
    "opened" INTEGER NOT NULL,
    "resolved" INTEGER NOT NULL,
    "rolled_back" TEXT,

    CONSTRAINT "policy_sync_run_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "policy_discrepancy_resolved_at_since_idx" ON "policy_discrepancy"("resolved_at", "since");

-- CreateIndex
CREATE INDEX "policy_discrepancy_relay_id_idx" ON "policy_discrepancy"("relay_id");

-- CreateIndex
CREATE INDEX "policy_sync_run_at_idx" ON "policy_sync_run"("at");

SELECT open_global_table('policy_discrepancy');
SELECT open_global_table('policy_sync_run');
GRANT USAGE ON SEQUENCE policy_sync_run_id_seq TO atom_app;
