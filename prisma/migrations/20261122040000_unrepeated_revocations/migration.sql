-- A relay or region may hold a number that the console lost with a recovery: whoever says one that was never given here is
-- told everything again under a number above it.
CREATE TABLE "federation_renumbering" (
    "sequence" BIGINT NOT NULL,
    "said" BIGINT NOT NULL,
    "kind" TEXT NOT NULL,
    "target" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "federation_renumbering_pkey" PRIMARY KEY ("sequence")
);
SELECT open_global_table('federation_renumbering');
