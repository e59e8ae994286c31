CREATE TABLE "signing_key" (
    "id" TEXT NOT NULL,
    "algorithm" TEXT NOT NULL,
    "origin" TEXT NOT NULL,
    "simulated" BOOLEAN NOT NULL,
    "public_key" TEXT NOT NULL,
    "sealed_key" TEXT,
    "reference" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "retired_at" TIMESTAMPTZ(3),
    "verify_until" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),
    "revoked_reason" TEXT,
    CONSTRAINT "signing_key_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "signing_key_created_at_idx" ON "signing_key"("created_at" DESC);

CREATE TABLE "signing_use" (
    "use" TEXT NOT NULL,
    "family" TEXT NOT NULL,
    "key_id" TEXT NOT NULL,
    "since" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "signing_use_pkey" PRIMARY KEY ("use", "family"),
    CONSTRAINT "signing_use_key_id_fkey" FOREIGN KEY ("key_id") REFERENCES "signing_key"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE INDEX "signing_use_key_id_idx" ON "signing_use"("key_id");

SELECT open_global_table('signing_key', false);
SELECT open_global_table('signing_use');
-- Auditors see every key, but never its private half, sealed as it is.
GRANT SELECT ("id", "algorithm", "origin", "simulated", "public_key", "reference", "created_at", "retired_at", "verify_until",
  "revoked_at", "revoked_reason") ON signing_key TO atom_auditor;
-- A key that has signed is never forgotten: what it signed must stay explainable.
REVOKE DELETE ON signing_key FROM atom_app;
