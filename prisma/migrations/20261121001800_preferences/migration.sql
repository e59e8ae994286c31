CREATE TABLE "user_preference" (
    "user_id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "value" JSONB NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "user_preference_pkey" PRIMARY KEY ("user_id","key")
);
-- Nobody's business but the person's: auditors read the ledger, not how somebody sorts a table.
SELECT open_global_table('user_preference', false);
-- Which keys signed tenants' tokens, and until when, is an auditor's business; the sealed half is not.
GRANT SELECT (id, public_jwk, created_at, retired_at) ON jwt_key TO atom_auditor;
