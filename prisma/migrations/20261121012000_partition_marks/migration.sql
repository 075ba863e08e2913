-- Tells a change topic that was made anew from the one whose changes were verified, and one whose partitions grew in number.
ALTER TABLE "verify_partition"
    ADD COLUMN "grown" BOOLEAN NOT NULL DEFAULT false,
    ADD COLUMN "mark_offset" BIGINT,
    ADD COLUMN "mark_timestamp_ms" BIGINT,
    ADD COLUMN "mark_sha256" TEXT;
