-- Partitions of change topics as continuous verification shares them between workers.
CREATE TABLE "verify_partition" (
    "context" TEXT NOT NULL,
    "table" TEXT NOT NULL,
    "topic" TEXT NOT NULL,
    "part" INTEGER NOT NULL,
    "owner" TEXT NOT NULL,
    "leased_until" TIMESTAMPTZ(3) NOT NULL,
    "verified_offset" BIGINT NOT NULL,
    "skipped" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "verify_partition_pkey" PRIMARY KEY ("context","table","topic","part")
);

-- Keys that wait to be verified and found no room in memory.
CREATE TABLE "verify_backlog" (
    "context" TEXT NOT NULL,
    "table" TEXT NOT NULL,
    "topic" TEXT NOT NULL,
    "part" INTEGER NOT NULL,
    "key" TEXT NOT NULL,
    "first_offset" BIGINT NOT NULL,
    "newest_offset" BIGINT NOT NULL,
    "source_ts_us" BIGINT NOT NULL,

    CONSTRAINT "verify_backlog_pkey" PRIMARY KEY ("context","table","topic","part","key")
);
CREATE INDEX "verify_backlog_context_table_topic_part_first_offset_idx" ON "verify_backlog"("context", "table", "topic", "part", "first_offset");
