-- CreateTable
CREATE TABLE "federation_member" (
    "id" TEXT NOT NULL,
    "trust_domain" TEXT NOT NULL,
    "endpoint" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "origin" TEXT NOT NULL,
    "simulated" BOOLEAN NOT NULL,
    "bundle" JSONB NOT NULL,
    "bundle_sequence" BIGINT NOT NULL,
    "refresh_hint" INTEGER NOT NULL,
    "bundle_at" TIMESTAMPTZ(3) NOT NULL,
    "next_refresh_at" TIMESTAMPTZ(3) NOT NULL,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "last_error" TEXT,
    "reason" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "federation_member_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "federation_invite" (
    "id" TEXT NOT NULL,
    "trust_domain" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),
    "used_by" TEXT,

    CONSTRAINT "federation_invite_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "federation_bundle" (
    "sequence" BIGINT NOT NULL,
    "hash" TEXT NOT NULL,
    "body" JSONB NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "federation_bundle_pkey" PRIMARY KEY ("sequence")
);

-- CreateTable
CREATE TABLE "federation_revocation" (
    "sequence" BIGINT NOT NULL,
    "member_id" TEXT NOT NULL,
    "trust_domain" TEXT NOT NULL,
    "keys" TEXT[],
    "reason" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "federation_revocation_pkey" PRIMARY KEY ("sequence")
);

-- CreateTable
CREATE TABLE "federation_spread" (
    "sequence" BIGINT NOT NULL,
    "kind" TEXT NOT NULL,
    "target" TEXT NOT NULL,
    "heard_at" TIMESTAMPTZ(3),
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "error" TEXT,

    CONSTRAINT "federation_spread_pkey" PRIMARY KEY ("sequence","kind","target")
);

-- CreateTable
CREATE TABLE "federation_rules" (
    "version" INTEGER NOT NULL,
    "body" JSONB NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "by" TEXT NOT NULL,

    CONSTRAINT "federation_rules_pkey" PRIMARY KEY ("version")
);

-- CreateTable
CREATE TABLE "federation_nonce" (
    "key_id" TEXT NOT NULL,
    "nonce" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "federation_nonce_pkey" PRIMARY KEY ("key_id","nonce")
);

-- CreateIndex
CREATE UNIQUE INDEX "federation_member_trust_domain_key" ON "federation_member"("trust_domain");

-- CreateIndex
CREATE UNIQUE INDEX "federation_invite_hash_key" ON "federation_invite"("hash");

-- CreateIndex
CREATE INDEX "federation_nonce_at_idx" ON "federation_nonce"("at");

-- AddForeignKey
ALTER TABLE "federation_spread" ADD CONSTRAINT "federation_spread_sequence_fkey" FOREIGN KEY ("sequence") REFERENCES "federation_revocation"("sequence") ON DELETE RESTRICT ON UPDATE CASCADE;

SELECT open_global_table('federation_member');
SELECT open_global_table('federation_invite');
SELECT open_global_table('federation_bundle');
SELECT open_global_table('federation_revocation');
SELECT open_global_table('federation_spread');
SELECT open_global_table('federation_rules');
SELECT open_global_table('federation_nonce', false);
