-- CreateTable
CREATE TABLE "audit_read" (
    "reader" TEXT NOT NULL,
    "session" TEXT NOT NULL,
    "resource" TEXT NOT NULL,
    "period" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "audit_read_pkey" PRIMARY KEY ("reader","session","resource","period")
);

-- CreateIndex
CREATE INDEX "audit_read_period_idx" ON "audit_read"("period");


-- Nobody writes it but through the function below: auditors may say that they read, and nothing else.
COMMENT ON TABLE "audit_read" IS 'scope: global';

-- True for the first read of a resource within a period; the caller then appends the entry in the same transaction.
CREATE FUNCTION "claim_read"(p_reader text, p_session text, p_resource text, p_period timestamptz)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = atom, pg_temp AS $$
BEGIN
  INSERT INTO audit_read (reader, session, resource, period)
    VALUES (p_reader, p_session, p_resource, p_period) ON CONFLICT DO NOTHING;
  RETURN FOUND;
END $$;
REVOKE ALL ON FUNCTION claim_read FROM PUBLIC;
GRANT EXECUTE ON FUNCTION claim_read TO atom_app, atom_auditor, atom_tenant;

-- What lists filter by but the entry has no column for. Canonical JSON sorts its keys, so both stand before "detail",
-- where no text of a person can reach. Read as escaped ASCII: whatever a detail says, an insert never fails here.
CREATE FUNCTION "ledger_channel"(body bytea) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT substring(encode(substring(body FROM 1 FOR 4096), 'escape')
    FROM '^\{"actor":\{"id":"[^"\\]*","kind":"[a-z]+"\},"at":"[^"]*",(?:"causedBy":\["[0-9a-f",-]*"\],)?"channel":"([a-z]+)",')
$$;
CREATE FUNCTION "ledger_causes"(body bytea) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT string_to_array(substring(encode(substring(body FROM 1 FOR 4096), 'escape')
    FROM '^\{"actor":\{"id":"[^"\\]*","kind":"[a-z]+"\},"at":"[^"]*","causedBy":\["([0-9a-f",-]*)"\],'), '","')
$$;
CREATE INDEX "ledger_entry_channel_idx" ON "ledger_entry" (ledger_channel(body), id);
CREATE INDEX "ledger_entry_causes_idx" ON "ledger_entry" USING gin (ledger_causes(body)) WHERE ledger_causes(body) IS NOT NULL;
CREATE INDEX "ledger_entry_at_id_idx" ON "ledger_entry" ("at", "id");
