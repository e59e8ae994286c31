-- A voice from outside is a principal's, whatever it calls itself: readings under free names would be voices of nobody.
DELETE FROM "failover_observation" WHERE "observer" LIKE 'outside:%';
ALTER TABLE "failover_observation" ADD COLUMN "name" TEXT;
