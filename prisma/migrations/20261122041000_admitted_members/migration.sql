-- Who was suspended before two people had admitted it waits for them again when it is resumed. Of members that are suspended
-- now it is not known: they are asked again, too.
ALTER TABLE "federation_member" ADD COLUMN "admitted_at" TIMESTAMPTZ(3);
UPDATE "federation_member" SET "admitted_at" = "updated_at" WHERE "state" = 'active';
