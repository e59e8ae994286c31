-- CreateTable
CREATE TABLE "region_write" (
    "region" TEXT NOT NULL,
    "writes" BOOLEAN NOT NULL,
    "fencing" BOOLEAN NOT NULL DEFAULT false,
    "epoch" INTEGER NOT NULL,
    "simulated" BOOLEAN NOT NULL,
    "since" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "region_write_pkey" PRIMARY KEY ("region")
);

-- CreateTable
CREATE TABLE "failover_run" (
    "id" UUID NOT NULL,
    "from_region" TEXT NOT NULL,
    "to_region" TEXT NOT NULL,
    "dry" BOOLEAN NOT NULL,
    "automatic" BOOLEAN NOT NULL,
    "state" TEXT NOT NULL,
    "epoch" INTEGER NOT NULL,
    "reason" TEXT NOT NULL,
    "by" TEXT NOT NULL,
    "steps" JSONB NOT NULL,
    "facts" JSONB NOT NULL,
    "simulated" BOOLEAN NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "failover_run_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "failover_setting" (
    "id" BOOLEAN NOT NULL DEFAULT true,
    "automatic" BOOLEAN NOT NULL,
    "hold_down_minutes" INTEGER NOT NULL,
    "max_per_hour" INTEGER NOT NULL,
    "quorum" INTEGER NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "failover_setting_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "failover_observation" (
    "observer" TEXT NOT NULL,
    "region" TEXT NOT NULL,
    "up" BOOLEAN,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "since" TIMESTAMPTZ(3) NOT NULL,
    "said" TEXT NOT NULL,
    "heard_at" TIMESTAMPTZ(3),
    "lsn" TEXT,

    CONSTRAINT "failover_observation_pkey" PRIMARY KEY ("observer","region")
);

-- CreateIndex
CREATE INDEX "failover_run_started_at_idx" ON "failover_run"("started_at" DESC);

-- Two failovers of one region at once would each think the other's primary is theirs.
CREATE UNIQUE INDEX "failover_run_one_at_a_time" ON "failover_run" ((true)) WHERE "state" = 'running' AND NOT "dry";
ALTER TABLE "failover_setting" ADD CONSTRAINT "failover_setting_only_one" CHECK ("id");

SELECT open_global_table('region_write');
SELECT open_global_table('failover_run');
SELECT open_global_table('failover_setting');
SELECT open_global_table('failover_observation');

-- The epoch only rises, whoever writes it.
CREATE FUNCTION "epoch_only_rises"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.epoch < OLD.epoch THEN
    RAISE EXCEPTION 'the epoch of region % cannot fall from % to %', OLD.region, OLD.epoch, NEW.epoch
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER epoch_only_rises BEFORE UPDATE ON region_write FOR EACH ROW EXECUTE FUNCTION epoch_only_rises();
