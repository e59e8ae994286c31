-- What a loop's last look came to, in words.
ALTER TABLE "loop_state" ADD COLUMN "said" TEXT;
