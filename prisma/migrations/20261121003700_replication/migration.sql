-- CreateTable
CREATE TABLE "replication_stream" (
    "id" TEXT NOT NULL,
    "publisher" TEXT NOT NULL,
    "subscriber" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "message" TEXT,
    "pending" JSONB NOT NULL,
    "tables" JSONB NOT NULL,
    "tenants" TEXT[],
    "raw" BOOLEAN NOT NULL,
    "copy" BOOLEAN NOT NULL DEFAULT true,
    "wal_budget_mb" INTEGER NOT NULL,
    "simulated" BOOLEAN NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "replication_stream_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "replication_look" (
    "stream_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "look" JSONB NOT NULL,

    CONSTRAINT "replication_look_pkey" PRIMARY KEY ("stream_id")
);

-- CreateTable
CREATE TABLE "replication_sample" (
    "stream_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "lag_bytes" DOUBLE PRECISION,
    "lag_seconds" DOUBLE PRECISION,
    "retained_bytes" DOUBLE PRECISION,

    CONSTRAINT "replication_sample_pkey" PRIMARY KEY ("stream_id","at")
);

-- CreateTable
CREATE TABLE "replication_parity" (
    "id" UUID NOT NULL,
    "stream_id" TEXT NOT NULL,
    "table_name" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "cursor" TEXT[],
    "rows" INTEGER NOT NULL DEFAULT 0,
    "chunks" INTEGER NOT NULL DEFAULT 0,
    "differing" INTEGER NOT NULL DEFAULT 0,
    "ranges" JSONB NOT NULL,
    "rows_per_second" INTEGER NOT NULL,
    "message" TEXT,
    "simulated" BOOLEAN NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "replication_parity_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "replication_scan" (
    "id" UUID NOT NULL,
    "stream_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "rows" INTEGER NOT NULL,
    "leaks" JSONB NOT NULL,
    "simulated" BOOLEAN NOT NULL,

    CONSTRAINT "replication_scan_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "replication_parity_stream_id_started_at_idx" ON "replication_parity"("stream_id", "started_at" DESC);

-- CreateIndex
CREATE INDEX "replication_scan_stream_id_at_idx" ON "replication_scan"("stream_id", "at" DESC);

-- AddForeignKey
ALTER TABLE "replication_sample" ADD CONSTRAINT "replication_sample_stream_id_fkey" FOREIGN KEY ("stream_id") REFERENCES "replication_stream"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "replication_parity" ADD CONSTRAINT "replication_parity_stream_id_fkey" FOREIGN KEY ("stream_id") REFERENCES "replication_stream"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "replication_scan" ADD CONSTRAINT "replication_scan_stream_id_fkey" FOREIGN KEY ("stream_id") REFERENCES "replication_stream"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

SELECT open_global_table('replication_stream');
SELECT open_global_table('replication_look');
SELECT open_global_table('replication_sample');
SELECT open_global_table('replication_parity');
SELECT open_global_table('replication_scan');
