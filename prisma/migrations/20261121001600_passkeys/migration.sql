ALTER TABLE "user" ADD COLUMN "factor_failed_count" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "factor_locked_until" TIMESTAMPTZ(3);

CREATE TABLE "passkey" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "credential_id" TEXT NOT NULL,
    "public_key" BYTEA NOT NULL,
    "counter" BIGINT NOT NULL,
    "transports" TEXT[],
    "synced" BOOLEAN NOT NULL,
    "suspected_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "passkey_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "passkey_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "passkey_credential_id_key" ON "passkey"("credential_id");
CREATE INDEX "passkey_user_id_idx" ON "passkey"("user_id");

CREATE TABLE "passkey_challenge" (
    "id" UUID NOT NULL,
    "user_id" UUID,
    "purpose" TEXT NOT NULL,
    "challenge" BYTEA NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "passkey_challenge_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "passkey_challenge_expires_at_idx" ON "passkey_challenge"("expires_at");

CREATE TABLE "spent_proof" (
    "user_id" UUID NOT NULL,
    "digest" BYTEA NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "spent_proof_pkey" PRIMARY KEY ("user_id", "digest")
);
CREATE INDEX "spent_proof_at_idx" ON "spent_proof"("at");

CREATE TABLE "external_identity" (
    "issuer" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "user_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "last_used_at" TIMESTAMPTZ(3),
    CONSTRAINT "external_identity_pkey" PRIMARY KEY ("issuer", "subject"),
    CONSTRAINT "external_identity_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE INDEX "external_identity_user_id_idx" ON "external_identity"("user_id");

-- Auditors see which factors there are, never what proves them.
SELECT open_global_table('passkey', false);
SELECT open_global_table('passkey_challenge', false);
SELECT open_global_table('spent_proof', false);
SELECT open_global_table('external_identity', false);
GRANT SELECT (id, user_id, name, synced, suspected_at, last_used_at, created_at) ON passkey TO atom_auditor;
GRANT SELECT (issuer, user_id, created_at, last_used_at) ON external_identity TO atom_auditor;
GRANT SELECT (factor_failed_count, factor_locked_until) ON "user" TO atom_auditor;
