CREATE TABLE "notification_message" (
    "id" UUID NOT NULL,
    "group_key" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "severity" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "lines" JSONB NOT NULL,
    "link" TEXT NOT NULL,
    "users" TEXT[],
    "roles" TEXT[],
    "state" TEXT NOT NULL DEFAULT 'open',
    "outcome" TEXT,
    "test" BOOLEAN NOT NULL DEFAULT false,
    "expires_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "retired_at" TIMESTAMPTZ(3),
    "undelivered_at" TIMESTAMPTZ(3),
    CONSTRAINT "notification_message_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "notification_message_state_check" CHECK (state IN ('open', 'retired'))
);
CREATE INDEX "notification_message_group_key_idx" ON "notification_message"("group_key");
CREATE INDEX "notification_message_created_at_idx" ON "notification_message"("created_at" DESC);

CREATE TABLE "notification_group" (
    "key" TEXT NOT NULL,
    "retired_by" UUID NOT NULL,
    "outcome" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "notification_group_pkey" PRIMARY KEY ("key")
);

CREATE TABLE "notification_delivery" (
    "id" UUID NOT NULL,
    "message_id" UUID NOT NULL,
    "channel" TEXT NOT NULL,
    "recipient" TEXT NOT NULL,
    "purpose" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_at" TIMESTAMPTZ(3) NOT NULL,
    "lease_token" UUID,
    "lease_until" TIMESTAMPTZ(3),
    "remote" JSONB,
    "effect" TEXT,
    "nonce" TEXT NOT NULL,
    "last_error" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "settled_at" TIMESTAMPTZ(3),
    CONSTRAINT "notification_delivery_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "notification_delivery_state_check"
      CHECK (state IN ('waiting', 'sending', 'delivered', 'simulated', 'dead', 'cancelled')),
    CONSTRAINT "notification_delivery_nonce_check" CHECK (octet_length(nonce) <= 64),
    CONSTRAINT "notification_delivery_message_id_fkey" FOREIGN KEY ("message_id")
      REFERENCES "notification_message"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "notification_delivery_nonce_key" ON "notification_delivery"("nonce");
CREATE UNIQUE INDEX "notification_delivery_message_id_channel_recipient_purpose_key"
  ON "notification_delivery"("message_id", "channel", "recipient", "purpose");
CREATE INDEX "notification_delivery_state_next_at_idx" ON "notification_delivery"("state", "next_at");
CREATE INDEX "notification_delivery_created_at_idx" ON "notification_delivery"("created_at" DESC);

CREATE TABLE "notification_attempt" (
    "id" UUID NOT NULL,
    "delivery_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "outcome" TEXT NOT NULL,
    "millis" INTEGER NOT NULL,
    "request" JSONB NOT NULL,
    "response" JSONB NOT NULL,
    "error" TEXT,
    CONSTRAINT "notification_attempt_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "notification_attempt_delivery_id_fkey" FOREIGN KEY ("delivery_id")
      REFERENCES "notification_delivery"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "notification_attempt_delivery_id_at_idx" ON "notification_attempt"("delivery_id", "at");

CREATE TABLE "notification_read" (
    "message_id" UUID NOT NULL,
    "user_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "notification_read_pkey" PRIMARY KEY ("message_id", "user_id"),
    CONSTRAINT "notification_read_message_id_fkey" FOREIGN KEY ("message_id")
      REFERENCES "notification_message"("id") ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE TABLE "notification_preference" (
    "user_id" TEXT NOT NULL,
    "mail" TEXT[],
    "slack" TEXT[],
    "telegram" TEXT[],
    "quiet_from" INTEGER,
    "quiet_to" INTEGER,
    "time_zone" TEXT NOT NULL,
    "slack_member" TEXT,
    "telegram_chat" TEXT,
    "telegram_code" TEXT,
    "telegram_code_until" TIMESTAMPTZ(3),
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "notification_preference_pkey" PRIMARY KEY ("user_id"),
    CONSTRAINT "notification_preference_quiet_check" CHECK ((quiet_from IS NULL) = (quiet_to IS NULL))
);
CREATE UNIQUE INDEX "notification_preference_telegram_code_key" ON "notification_preference"("telegram_code");

CREATE TABLE "notification_endpoint" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "kinds" TEXT[],
    "sealed_secret" TEXT NOT NULL,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "notification_endpoint_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "notification_circuit" (
    "channel" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "trips" INTEGER NOT NULL DEFAULT 0,
    "retry_at" TIMESTAMPTZ(3),
    "since" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "notification_circuit_pkey" PRIMARY KEY ("channel"),
    CONSTRAINT "notification_circuit_state_check" CHECK (state IN ('closed', 'open', 'half_open'))
);

CREATE TABLE "notification_callback" (
    "id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "notification_callback_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "notification_callback_at_idx" ON "notification_callback"("at");

SELECT open_global_table('notification_message');
SELECT open_global_table('notification_group');
SELECT open_global_table('notification_delivery');
SELECT open_global_table('notification_attempt');
SELECT open_global_table('notification_read');
SELECT open_global_table('notification_preference');
SELECT open_global_table('notification_circuit');
SELECT open_global_table('notification_callback');
-- Auditors see where webhooks go, not what signs them.
SELECT open_global_table('notification_endpoint', false);
GRANT SELECT (id, name, url, kinds, enabled, version, created_at, updated_at) ON notification_endpoint TO atom_auditor;
