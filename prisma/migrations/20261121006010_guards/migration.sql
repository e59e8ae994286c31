-- Tables of its streams whose commits do not ask the lease there, and when that was looked at.
ALTER TABLE "region_write" ADD COLUMN "unguarded" TEXT[] DEFAULT ARRAY[]::TEXT[];
ALTER TABLE "region_write" ADD COLUMN "guards_at" TIMESTAMPTZ(3);
