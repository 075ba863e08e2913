-- Rows written by one multi-insert share their LSN: a re-delivered event is known by (commit LSN, LSN, key).
ALTER TABLE "ingest_offset" ADD COLUMN "last_keys" TEXT[] NOT NULL DEFAULT '{}';

-- One topic may feed several mapped tables, each with its own applier; the leading `judged` entries have been counted.
DROP TABLE "pending_apply";
CREATE TABLE "pending_apply" (
    "context" TEXT NOT NULL,
    "series" TEXT NOT NULL,
    "topic" TEXT NOT NULL,
    "part" INTEGER NOT NULL,
    "first_offset" BIGINT NOT NULL,
    "last_offset" BIGINT NOT NULL,
    "offsets" BIGINT[],
    "source_ts_us" BIGINT[],
    "total" INTEGER NOT NULL,
    "judged" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "pending_apply_pkey" PRIMARY KEY ("context","series","topic","part","first_offset")
);
CREATE INDEX "pending_apply_open_idx" ON "pending_apply"("context", "series", "part", "first_offset") WHERE "judged" < "total";

-- CreateTable
CREATE TABLE "topic_shape" (
    "topic" TEXT NOT NULL,
    "column_name" TEXT NOT NULL,
    "json_type" TEXT NOT NULL,

    CONSTRAINT "topic_shape_pkey" PRIMARY KEY ("topic","column_name")
);

-- CreateTable
CREATE TABLE "observe_mark" (
    "context" TEXT NOT NULL,
    "series" TEXT NOT NULL,
    "slot" BIGINT NOT NULL,

    CONSTRAINT "observe_mark_pkey" PRIMARY KEY ("context","series")
);

ALTER TABLE "saga_instance" ADD COLUMN "last_event_at" TIMESTAMPTZ(6);
CREATE INDEX "saga_instance_open_idx" ON "saga_instance"("context", "saga_type", "deadline_at") WHERE "settled_at" IS NULL;
ALTER TABLE "saga_instance" SET (fillfactor = 80);
