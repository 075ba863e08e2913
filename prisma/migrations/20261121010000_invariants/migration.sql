-- A row that a snapshot read has no commit time.
ALTER TABLE "verify_backlog" ALTER COLUMN "source_ts_us" DROP NOT NULL;

-- What each check of an invariant found; rows are added and never changed.
CREATE TABLE "invariant_check" (
    "id" BIGSERIAL NOT NULL,
    "context" TEXT NOT NULL,
    "invariant" TEXT NOT NULL,
    "definition" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "state" TEXT NOT NULL,
    "total" TEXT,
    "parts" JSONB NOT NULL DEFAULT '[]',
    "detail" TEXT,

    CONSTRAINT "invariant_check_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "invariant_check_context_invariant_at_idx" ON "invariant_check"("context", "invariant", "at");
CREATE INDEX "invariant_check_at_idx" ON "invariant_check"("at");
