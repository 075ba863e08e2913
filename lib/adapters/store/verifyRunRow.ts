import { z } from 'zod';
import type { TopicOffset } from '../../ports/verifyStore.ts';

const big = z.union([z.string(), z.number()]).transform(BigInt);
const when = z.date().transform((date) => date.getTime());

/** `[{topic, part, nextOffset}]`, as columns of positions hold it. */
export const Offsets = z.array(
  z.object({ topic: z.string(), part: z.number(), nextOffset: big }).transform((offset): TopicOffset => offset),
);

/** A whole row of `verify_run`: what is known of a pass. Times in ms since 1970. */
export const VerifyRunRow = z
  .object({
    id: z.string(),
    state: z.enum(['running', 'complete', 'failed', 'cancelled']),
    mapping_digest: z.string(),
    started_at: when,
    finished_at: when.nullable(),
    detail: z.string().nullable(),
    rows_compared: big,
    rows_estimated: big.nullable(),
    coverage_percent: z.number().nullable(),
    rows_per_sec: z.number().nullable(),
    eta_at: when.nullable(),
    ranges_done: z.number(),
    ranges_total: z.number(),
    clean: big,
    diverged: big,
    pending: big,
    stalled: big,
    conflict: big,
    unknown: big,
    clean_pass: z.boolean().nullable(),
    not_clean_because: z.string().nullable(),
    source_rows: big,
    source_sum1: big,
    source_sum2: big,
    target_rows: big,
    target_sum1: big,
    target_sum2: big,
    start_offsets: Offsets,
    end_offsets: Offsets.nullable(),
  })
  .transform((row) => ({
    id: row.id,
    state: row.state,
    mappingDigest: row.mapping_digest,
    startedAtMs: row.started_at,
    finishedAtMs: row.finished_at,
    detail: row.detail,
    rowsCompared: row.rows_compared,
    rowsEstimated: row.rows_estimated,
    coveragePercent: row.coverage_percent,
    rowsPerSec: row.rows_per_sec,
    etaAtMs: row.eta_at,
    rangesDone: row.ranges_done,
    rangesTotal: row.ranges_total,
    clean: row.clean,
    diverged: row.diverged,
    pending: row.pending,
    stalled: row.stalled,
    conflict: row.conflict,
    unknown: row.unknown,
    cleanPass: row.clean_pass,
    notCleanBecause: row.not_clean_because,
    source: { rows: row.source_rows, sum1: row.source_sum1, sum2: row.source_sum2 },
    target: { rows: row.target_rows, sum1: row.target_sum1, sum2: row.target_sum2 },
    startOffsets: row.start_offsets,
    endOffsets: row.end_offsets,
  }));
