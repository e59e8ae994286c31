-- CreateTable
CREATE TABLE "edge_audit" (
    "id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "trigger" TEXT NOT NULL,
    "by" TEXT NOT NULL,
    "relays" INTEGER NOT NULL,
    "policies" INTEGER NOT NULL,
    "findings" INTEGER NOT NULL,
    "failed" INTEGER NOT NULL,
    "blocked" INTEGER NOT NULL,
    "warned" INTEGER NOT NULL,
    "simulated" BOOLEAN NOT NULL,
    "took_ms" INTEGER NOT NULL,
    "root" TEXT NOT NULL,
    "entry_uid" UUID NOT NULL,

    CONSTRAINT "edge_audit_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "edge_finding" (
    "id" TEXT NOT NULL,
    "audit_id" TEXT NOT NULL,
    "entry_uid" UUID NOT NULL,
    "ordinal" INTEGER NOT NULL,
    "subject_kind" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "region" TEXT,
    "policy" TEXT NOT NULL,
    "rule" TEXT NOT NULL,
    "category" TEXT NOT NULL,
    "severity" TEXT NOT NULL,
    "result" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "properties" JSONB NOT NULL,
    "digest" TEXT NOT NULL,

    CONSTRAINT "edge_finding_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "edge_audit_at_idx" ON "edge_audit"("at" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "edge_audit_id_entry_uid_key" ON "edge_audit"("id", "entry_uid");

-- CreateIndex
CREATE INDEX "edge_finding_subject_kind_subject_idx" ON "edge_finding"("subject_kind", "subject");

-- CreateIndex
CREATE UNIQUE INDEX "edge_finding_audit_id_ordinal_key" ON "edge_finding"("audit_id", "ordinal");

-- AddForeignKey
ALTER TABLE "edge_finding" ADD CONSTRAINT "edge_finding_audit_id_entry_uid_fkey" FOREIGN KEY ("audit_id", "entry_uid") REFERENCES "edge_audit"("id", "entry_uid") ON DELETE CASCADE ON UPDATE CASCADE;

SELECT open_global_table('edge_audit');
SELECT open_global_table('edge_finding');

-- Nothing is shown that the ledger does not hold already: the entry must exist, be of an audit, and carry this very root.
CREATE FUNCTION "edge_audit_was_committed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM ledger_entry e WHERE e.uid = NEW.entry_uid AND e.type = 'edgeaudit.committed'
      AND position(convert_to(NEW.root, 'UTF8') IN e.body) > 0) THEN
    RAISE EXCEPTION 'edge audit % is not in the ledger', NEW.id USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER committed_first BEFORE INSERT ON edge_audit FOR EACH ROW EXECUTE FUNCTION edge_audit_was_committed();
CREATE TRIGGER never_changed BEFORE UPDATE ON edge_audit FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_changed BEFORE UPDATE ON edge_finding FOR EACH ROW EXECUTE FUNCTION refuse_change();
