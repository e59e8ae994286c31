-- What each worker's loops last did: a loop that stands still is seen, whichever worker holds it.
CREATE TABLE "loop_state" (
    "name" TEXT NOT NULL,
    "worker" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "idle_ms" INTEGER NOT NULL,
    "holding" BOOLEAN NOT NULL,
    "done" INTEGER NOT NULL,
    "took_ms" INTEGER NOT NULL,
    "ok_at" TIMESTAMPTZ(3),
    "worked_at" TIMESTAMPTZ(3),
    "failures" INTEGER NOT NULL,
    "last_error" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "loop_state_pkey" PRIMARY KEY ("name", "worker")
);
SELECT open_global_table('loop_state');
REVOKE INSERT, UPDATE, DELETE ON loop_state FROM atom_app;
