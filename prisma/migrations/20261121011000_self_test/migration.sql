-- Rounds of the self-test: rows that were made wrong on purpose, and what was found of them.
CREATE TABLE "self_test" (
    "id" TEXT NOT NULL,
    "context" TEXT NOT NULL,
    "table" TEXT NOT NULL,
    "asked_by" TEXT NOT NULL,
    "asked_at" TIMESTAMPTZ(3) NOT NULL,
    "owner" TEXT,
    "leased_until" TIMESTAMPTZ(3),
    "corrupted_at" TIMESTAMPTZ(3),
    "restored_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "failure" TEXT,
    "fix" TEXT,
    "others" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],

    CONSTRAINT "self_test_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "self_test_context_asked_at_idx" ON "self_test"("context", "asked_at");
-- One at a time in a context: what two make wrong could not be told apart.
CREATE UNIQUE INDEX "self_test_open_idx" ON "self_test"("context") WHERE "ended_at" IS NULL;

CREATE TABLE "self_test_row" (
    "self_test" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "change" TEXT NOT NULL,
    "columns" TEXT[] NOT NULL,
    "original" TEXT,
    "planted" TEXT,
    "found_at" TIMESTAMPTZ(3),
    "found_kind" TEXT,
    "found_leg" TEXT,
    "found_columns" TEXT[],
    "outcome" TEXT,

    CONSTRAINT "self_test_row_pkey" PRIMARY KEY ("self_test", "key"),
    CONSTRAINT "self_test_row_self_test_fkey" FOREIGN KEY ("self_test") REFERENCES "self_test"("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- The round that made the row wrong; null for a divergence that nobody made on purpose.
ALTER TABLE "divergence" ADD COLUMN "self_test" TEXT;
