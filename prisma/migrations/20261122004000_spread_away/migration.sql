-- Who was not there when it was said: they hear when they are back, and are no fault of the time it took.
ALTER TABLE "federation_spread" ADD COLUMN "away" BOOLEAN NOT NULL DEFAULT false;
