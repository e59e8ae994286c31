CREATE TABLE "provider_visit" (
    "state" BYTEA NOT NULL,
    "browser" BYTEA NOT NULL,
    "nonce" TEXT NOT NULL,
    "verifier" TEXT NOT NULL,
    "next" TEXT NOT NULL,
    "link_user" UUID,
    "link_session" UUID,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "provider_visit_pkey" PRIMARY KEY ("state")
);
CREATE INDEX "provider_visit_expires_at_idx" ON "provider_visit"("expires_at");
SELECT open_global_table('provider_visit', false);
