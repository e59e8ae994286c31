-- How many witnesses must cosign a checkpoint, and how long what was signed may wait for them. No row: none is asked for.
CREATE TABLE "ledger_witness_rule" (
    "id" BOOLEAN NOT NULL DEFAULT true,
    "required" INTEGER NOT NULL,
    "within_minutes" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "ledger_witness_rule_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "ledger_witness_rule_one" CHECK ("id")
);
SELECT open_global_table('ledger_witness_rule');
