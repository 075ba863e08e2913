-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateTable
CREATE TABLE "ingest_offset" (
    "consumer" TEXT NOT NULL,
    "topic" TEXT NOT NULL,
    "part" INTEGER NOT NULL,
    "next_offset" BIGINT NOT NULL,
    "epoch" BIGINT NOT NULL,
    "owner" TEXT NOT NULL,
    "last_offset" BIGINT,
    "last_timestamp_ms" BIGINT,
    "last_hash" BYTEA,
    "last_commit_lsn" BIGINT,
    "last_lsn" BIGINT,
    "high_watermark" BIGINT,
    "caught_up_at" TIMESTAMPTZ(6),
    "received" BIGINT NOT NULL DEFAULT 0,
    "counted" BIGINT NOT NULL DEFAULT 0,
    "duplicates" BIGINT NOT NULL DEFAULT 0,
    "dead_lettered" BIGINT NOT NULL DEFAULT 0,
    "stopped" TEXT,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "ingest_offset_pkey" PRIMARY KEY ("consumer","topic","part")
);

-- CreateTable
CREATE TABLE "kpi_bucket" (
    "context" TEXT NOT NULL,
    "indicator" TEXT NOT NULL,
    "series" TEXT NOT NULL,
    "cohort" TEXT NOT NULL,
    "limit_us" BIGINT NOT NULL,
    "bucket_at" TIMESTAMPTZ(3) NOT NULL,
    "n" BIGINT NOT NULL,
    "bad" BIGINT NOT NULL,
    "unknown" BIGINT NOT NULL DEFAULT 0,
    "sum_us" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "kpi_bucket_pkey" PRIMARY KEY ("context","indicator","series","cohort","limit_us","bucket_at")
);

-- CreateTable
CREATE TABLE "kpi_bin" (
    "context" TEXT NOT NULL,
    "indicator" TEXT NOT NULL,
    "series" TEXT NOT NULL,
    "cohort" TEXT NOT NULL,
    "bucket_at" TIMESTAMPTZ(3) NOT NULL,
    "bin" INTEGER NOT NULL,
    "n" BIGINT NOT NULL,

    CONSTRAINT "kpi_bin_pkey" PRIMARY KEY ("context","indicator","series","cohort","bucket_at","bin")
);

-- CreateTable
CREATE TABLE "dead_letter" (
    "topic" TEXT NOT NULL,
    "part" INTEGER NOT NULL,
    "offset" BIGINT NOT NULL,
    "reason" TEXT NOT NULL,
    "detail" TEXT NOT NULL,
    "timestamp_ms" BIGINT NOT NULL,
    "size_bytes" INTEGER NOT NULL,
    "sha256" BYTEA NOT NULL,
    "key_head" BYTEA,
    "value_head" BYTEA,
    "at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "dead_letter_pkey" PRIMARY KEY ("topic","part","offset")
);

-- CreateTable
CREATE TABLE "key_event" (
    "topic" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "part" INTEGER NOT NULL,
    "offset" BIGINT NOT NULL,
    "op" TEXT NOT NULL,
    "tx_id" BIGINT,
    "commit_lsn" BIGINT,
    "lsn" BIGINT,
    "source_ts_us" BIGINT NOT NULL,
    "after" TEXT,
    "trace_id" TEXT,

    CONSTRAINT "key_event_pkey" PRIMARY KEY ("topic","key")
);

-- CreateTable
CREATE TABLE "pending_apply" (
    "topic" TEXT NOT NULL,
    "part" INTEGER NOT NULL,
    "first_offset" BIGINT NOT NULL,
    "last_offset" BIGINT NOT NULL,
    "offsets" BIGINT[],
    "source_ts_us" BIGINT[],

    CONSTRAINT "pending_apply_pkey" PRIMARY KEY ("topic","part","first_offset")
);

-- CreateTable
CREATE TABLE "lag_sample" (
    "context" TEXT NOT NULL,
    "table" TEXT NOT NULL,
    "hop" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "lag_ms" DOUBLE PRECISION,
    "detail" TEXT,

    CONSTRAINT "lag_sample_pkey" PRIMARY KEY ("context","table","hop","at")
);

-- CreateTable
CREATE TABLE "group_offset" (
    "group_id" TEXT NOT NULL,
    "topic" TEXT NOT NULL,
    "part" INTEGER NOT NULL,
    "committed_offset" BIGINT NOT NULL,
    "log_start" BIGINT NOT NULL,
    "high_watermark" BIGINT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "group_offset_pkey" PRIMARY KEY ("group_id","topic","part")
);

-- CreateTable
CREATE TABLE "saga_event" (
    "context" TEXT NOT NULL,
    "saga_type" TEXT NOT NULL,
    "saga_id" TEXT NOT NULL,
    "message_id" TEXT NOT NULL,
    "causation_id" TEXT,
    "event_type" TEXT NOT NULL,
    "service" TEXT,
    "at" TIMESTAMPTZ(6) NOT NULL,
    "topic" TEXT NOT NULL,
    "part" INTEGER NOT NULL,
    "offset" BIGINT NOT NULL,
    "trace_id" TEXT,
    "span_id" TEXT,
    "payload" TEXT,

    CONSTRAINT "saga_event_pkey" PRIMARY KEY ("context","saga_type","saga_id","message_id")
);

-- CreateTable
CREATE TABLE "saga_instance" (
    "context" TEXT NOT NULL,
    "saga_type" TEXT NOT NULL,
    "saga_id" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(6) NOT NULL,
    "deadline_at" TIMESTAMPTZ(6) NOT NULL,
    "settled_at" TIMESTAMPTZ(6),
    "outcome" TEXT,
    "reason" TEXT,
    "last_event" TEXT,

    CONSTRAINT "saga_instance_pkey" PRIMARY KEY ("context","saga_type","saga_id")
);

-- CreateTable
CREATE TABLE "span" (
    "trace_id" TEXT NOT NULL,
    "span_id" TEXT NOT NULL,
    "day" DATE NOT NULL,
    "parent_span_id" TEXT,
    "service" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "kind" INTEGER NOT NULL,
    "start_ns" BIGINT NOT NULL,
    "duration_ns" BIGINT NOT NULL,
    "status_code" INTEGER NOT NULL,
    "status_message" TEXT,
    "route" TEXT,
    "attributes" JSONB NOT NULL,
    "events" JSONB,
    "links" JSONB,
    "warnings" TEXT[],
    "received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "span_pkey" PRIMARY KEY ("trace_id","span_id","day")
) PARTITION BY RANGE ("day");

-- Days without a partition of their own go here; the worker makes the coming days' partitions and drops old ones.
CREATE TABLE "span_default" PARTITION OF "span" DEFAULT;

-- CreateTable
CREATE TABLE "span_source" (
    "service" TEXT NOT NULL,
    "received" BIGINT NOT NULL,
    "duplicates" BIGINT NOT NULL,
    "rejected" BIGINT NOT NULL,
    "last_span_at" TIMESTAMPTZ(3) NOT NULL,
    "first_span" JSONB NOT NULL,

    CONSTRAINT "span_source_pkey" PRIMARY KEY ("service")
);

-- CreateTable
CREATE TABLE "stage_state" (
    "context" TEXT NOT NULL,
    "stage" TEXT NOT NULL,
    "phase" TEXT NOT NULL,
    "changed_at" TIMESTAMPTZ(6) NOT NULL,
    "changed_by" TEXT NOT NULL,

    CONSTRAINT "stage_state_pkey" PRIMARY KEY ("context","stage")
);

-- CreateTable
CREATE TABLE "attempt" (
    "id" TEXT NOT NULL,
    "context" TEXT NOT NULL,
    "stage" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "reason" TEXT NOT NULL,
    "opened_by" TEXT NOT NULL,
    "criteria_digest" TEXT NOT NULL,
    "build" TEXT,

    CONSTRAINT "attempt_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "waiver" (
    "id" TEXT NOT NULL,
    "context" TEXT NOT NULL,
    "stage" TEXT NOT NULL,
    "criterion" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "by" TEXT NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "waiver_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "verdict" (
    "id" TEXT NOT NULL,
    "context" TEXT NOT NULL,
    "stage" TEXT NOT NULL,
    "word" TEXT NOT NULL,
    "body" JSONB NOT NULL,
    "digest" TEXT NOT NULL,
    "evaluated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "verdict_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "verdict_current" (
    "context" TEXT NOT NULL,
    "stage" TEXT NOT NULL,
    "verdict_id" TEXT NOT NULL,
    "body" JSONB NOT NULL,
    "evaluated_at" TIMESTAMPTZ(3) NOT NULL,
    "valid_until" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "verdict_current_pkey" PRIMARY KEY ("context","stage")
);

-- CreateTable
CREATE TABLE "audit_entry" (
    "seq" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL,
    "principal" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "detail" JSONB NOT NULL,
    "prev_hash" TEXT NOT NULL,
    "hash" TEXT NOT NULL,

    CONSTRAINT "audit_entry_pkey" PRIMARY KEY ("seq")
);

-- CreateTable
CREATE TABLE "outbox" (
    "id" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "routed_at" TIMESTAMPTZ(6),

    CONSTRAINT "outbox_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "delivery" (
    "outbox_id" TEXT NOT NULL,
    "endpoint" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_try_at" TIMESTAMPTZ(3),
    "last_code" INTEGER,
    "last_error" TEXT,
    "last_ms" INTEGER,
    "delivered_at" TIMESTAMPTZ(3),

    CONSTRAINT "delivery_pkey" PRIMARY KEY ("outbox_id","endpoint")
);

-- CreateTable
CREATE TABLE "webhook_endpoint" (
    "id" TEXT NOT NULL,
    "disabled_at" TIMESTAMPTZ(3),
    "reason" TEXT,

    CONSTRAINT "webhook_endpoint_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "verify_run" (
    "id" TEXT NOT NULL,
    "context" TEXT NOT NULL,
    "table" TEXT NOT NULL,
    "mode" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),
    "rows_compared" BIGINT NOT NULL DEFAULT 0,
    "ranges_total" INTEGER NOT NULL DEFAULT 0,
    "ranges_done" INTEGER NOT NULL DEFAULT 0,
    "clean" BIGINT NOT NULL DEFAULT 0,
    "diverged" BIGINT NOT NULL DEFAULT 0,
    "pending" BIGINT NOT NULL DEFAULT 0,
    "stalled" BIGINT NOT NULL DEFAULT 0,
    "conflict" BIGINT NOT NULL DEFAULT 0,
    "unknown" BIGINT NOT NULL DEFAULT 0,
    "mapping_digest" TEXT NOT NULL,
    "detail" TEXT,

    CONSTRAINT "verify_run_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "verify_range" (
    "run_id" TEXT NOT NULL,
    "seq" INTEGER NOT NULL,
    "lo" TEXT,
    "hi" TEXT,
    "state" TEXT NOT NULL,
    "owner" TEXT,
    "leased_until" TIMESTAMPTZ(3),
    "rows" BIGINT NOT NULL DEFAULT 0,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "verify_range_pkey" PRIMARY KEY ("run_id","seq")
);

-- CreateTable
CREATE TABLE "divergence" (
    "context" TEXT NOT NULL,
    "table" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "leg" TEXT NOT NULL,
    "columns" TEXT[],
    "detail" JSONB NOT NULL,
    "first_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "resolved_at" TIMESTAMPTZ(3),
    "run_id" TEXT,

    CONSTRAINT "divergence_pkey" PRIMARY KEY ("context","table","key","first_seen_at")
);

-- CreateTable
CREATE TABLE "part_status" (
    "part" TEXT NOT NULL,
    "worker" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "detail" TEXT NOT NULL,
    "fix" TEXT,
    "since_at" TIMESTAMPTZ(3) NOT NULL,
    "checked_at" TIMESTAMPTZ(3) NOT NULL,
    "sample" JSONB,

    CONSTRAINT "part_status_pkey" PRIMARY KEY ("part","worker")
);

-- CreateTable
CREATE TABLE "command" (
    "id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "input" JSONB NOT NULL,
    "principal" TEXT NOT NULL,
    "idempotency_key" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "taken_by" TEXT,
    "finished_at" TIMESTAMPTZ(3),
    "result" JSONB,

    CONSTRAINT "command_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "config_snapshot" (
    "digest" TEXT NOT NULL,
    "body" JSONB NOT NULL,
    "loaded_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "config_snapshot_pkey" PRIMARY KEY ("digest")
);

-- CreateIndex
CREATE INDEX "kpi_bucket_bucket_at_idx" ON "kpi_bucket"("bucket_at");

-- CreateIndex
CREATE INDEX "kpi_bin_bucket_at_idx" ON "kpi_bin"("bucket_at");

-- CreateIndex
CREATE INDEX "dead_letter_at_idx" ON "dead_letter"("at");

-- CreateIndex
CREATE INDEX "lag_sample_at_idx" ON "lag_sample"("at");

-- CreateIndex
CREATE INDEX "saga_instance_deadline_at_idx" ON "saga_instance"("deadline_at");

-- CreateIndex
CREATE INDEX "span_service_start_ns_idx" ON "span"("service", "start_ns");

-- CreateIndex
CREATE UNIQUE INDEX "attempt_context_stage_number_key" ON "attempt"("context", "stage", "number");

-- CreateIndex
CREATE INDEX "waiver_context_stage_idx" ON "waiver"("context", "stage");

-- CreateIndex
CREATE INDEX "verdict_context_stage_evaluated_at_idx" ON "verdict"("context", "stage", "evaluated_at");

-- CreateIndex
CREATE INDEX "delivery_state_next_try_at_idx" ON "delivery"("state", "next_try_at");

-- CreateIndex
CREATE INDEX "verify_run_context_table_started_at_idx" ON "verify_run"("context", "table", "started_at");

-- CreateIndex
CREATE INDEX "divergence_context_state_idx" ON "divergence"("context", "state");

-- CreateIndex
CREATE UNIQUE INDEX "command_idempotency_key_key" ON "command"("idempotency_key");

-- AddForeignKey
ALTER TABLE "delivery" ADD CONSTRAINT "delivery_outbox_id_fkey" FOREIGN KEY ("outbox_id") REFERENCES "outbox"("id") ON DELETE RESTRICT ON UPDATE CASCADE;



-- Upserted many times a second: room on the page keeps the updates off the indexes.
ALTER TABLE "kpi_bucket" SET (fillfactor = 70);
ALTER TABLE "kpi_bin" SET (fillfactor = 70);
ALTER TABLE "ingest_offset" SET (fillfactor = 50);
ALTER TABLE "key_event" SET (fillfactor = 80);
