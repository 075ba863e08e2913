-- The newest source time counted: an event below the counted position, yet later than every counted one, is no repeat.
ALTER TABLE "ingest_offset" ADD COLUMN "last_source_ts_us" BIGINT;
-- Partitions counted before this column was there: none of their events is later than now.
UPDATE "ingest_offset" SET "last_source_ts_us" = extract(epoch FROM now()) * 1000000 WHERE "last_lsn" IS NOT NULL;

ALTER TABLE "pending_apply" ADD COLUMN "written_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP;
CREATE INDEX "pending_apply_written_at_idx" ON "pending_apply"("written_at");
-- Compressing these arrays costs several times what storing them does, and they are short-lived.
ALTER TABLE "pending_apply" ALTER COLUMN "offsets" SET STORAGE EXTERNAL, ALTER COLUMN "source_ts_us" SET STORAGE EXTERNAL;

-- The same keys are written again and again: with room on their pages the index is left alone.
ALTER TABLE "key_event" SET (fillfactor = 50);
