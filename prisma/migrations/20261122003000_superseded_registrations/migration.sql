-- What a region was registered with before does not come back by being sent again.
ALTER TABLE "region" ADD COLUMN "registered_at" TIMESTAMPTZ(3),
ADD COLUMN "superseded" TEXT[] DEFAULT ARRAY[]::TEXT[];
