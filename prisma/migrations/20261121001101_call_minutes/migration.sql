CREATE TABLE "procedure_minute" (
    "procedure" TEXT NOT NULL,
    "minute" TIMESTAMPTZ(3) NOT NULL,
    "within" INTEGER NOT NULL,
    "total" INTEGER NOT NULL,
    CONSTRAINT "procedure_minute_pkey" PRIMARY KEY ("procedure", "minute")
);
CREATE INDEX "procedure_minute_minute_idx" ON "procedure_minute"("minute");
SELECT open_global_table('procedure_minute');
