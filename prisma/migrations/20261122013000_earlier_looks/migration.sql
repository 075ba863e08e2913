-- Reads of the follower before a restart: they tell whether a row was written since, and so the leg of what broke meanwhile.
ALTER TABLE "verify_partition" ADD COLUMN "looks" JSONB NOT NULL DEFAULT '[]';
