-- An alert of a control is open at most once, also when a person and the job run the controls at the same moment.
ALTER TABLE "policy_alert" ADD COLUMN "open" TEXT;
UPDATE "policy_alert" a SET "cleared_at" = now() WHERE "cleared_at" IS NULL AND EXISTS (
  SELECT 1 FROM "policy_alert" b WHERE b."control" = a."control" AND b."cleared_at" IS NULL AND b."id" > a."id");
UPDATE "policy_alert" SET "open" = "control" WHERE "cleared_at" IS NULL;
CREATE UNIQUE INDEX "policy_alert_open_key" ON "policy_alert"("open");
