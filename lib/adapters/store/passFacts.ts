import type pg from 'pg';
import { z } from 'zod';
import type { CleanRun, VectorEntry } from '../../core/consistency/certificateRefusals.ts';
import type { PassFacts } from '../../ports/certificateStore.ts';

const big = z.union([z.string(), z.number()]).transform(BigInt);
const at = z.date().transform((date) => date.getTime());
const Vector = z.array(
  z.object({ topic: z.string(), part: z.number(), nextOffset: big }).transform((entry): VectorEntry => entry),
);

const Run = z
  .object({
    id: z.string(),
    mapping_digest: z.string(),
    started_at: at,
    finished_at: at,
    rows_compared: big,
    ranges_done: z.number(),
    ranges_total: z.number(),
    coverage_percent: z.number().nullable(),
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
    start_offsets: Vector,
    end_offsets: Vector.nullable(),
  })
  .transform(
    (row): CleanRun => ({
      id: row.id,
      mappingDigest: row.mapping_digest,
      startedAtMs: row.started_at,
      endedAtMs: row.finished_at,
      rowsCompared: row.rows_compared,
      rangesDone: row.ranges_done,
      rangesTotal: row.ranges_total,
      coveragePercent: row.coverage_percent ?? 0,
      clean: row.clean,
      diverged: row.diverged,
      pending: row.pending,
      stalled: row.stalled,
      conflict: row.conflict,
      unknown: row.unknown,
      cleanPass: row.clean_pass === true,
      notCleanBecause: row.not_clean_because,
      source: { rows: row.source_rows, sum1: row.source_sum1, sum2: row.source_sum2 },
      target: { rows: row.target_rows, sum1: row.target_sum1, sum2: row.target_sum2 },
      startOffsets: row.start_offsets,
      endOffsets: row.end_offsets ?? [],
    }),
  );

const OF_TABLE = 'context = $1 and "table" = $2';

/** What a certificate asks of one table. */
export async function readPassFacts(pool: pg.Pool, context: string, table: string): Promise<PassFacts> {
  const query = async <T>(schema: z.ZodType<T>, sql: string): Promise<T[]> =>
    z.array(schema).parse((await pool.query(sql, [context, table])).rows);
  const [runs, newest, diverged, followed, waiting, canaries] = await Promise.all([
    query(
      Run,
      `select * from verify_run where ${OF_TABLE} and mode = 'sweep' and state = 'complete' and finished_at is not null
       order by finished_at desc limit 1`,
    ),
    query(
      z.object({ state: z.string(), coverage: z.number().nullable(), detail: z.string().nullable() }),
      `select state, coverage_percent as coverage, detail from verify_run where ${OF_TABLE} and mode = 'sweep'
       order by started_at desc limit 1`,
    ),
    query(
      z.object({ n: big }),
      `select count(*) as n from divergence where ${OF_TABLE} and state = 'DIVERGED' and resolved_at is null
       and self_test is null`,
    ),
    query(
      z.object({ topic: z.string(), part: z.number(), nextOffset: big }),
      `select topic, part, verified_offset as "nextOffset" from verify_partition where ${OF_TABLE} and leased_until > now()`,
    ),
    query(
      z.object({ topic: z.string(), part: z.number(), nextOffset: big }),
      `select topic, part, min(first_offset) as "nextOffset" from verify_backlog where ${OF_TABLE} group by topic, part`,
    ),
    query(
      z.object({ n: big }),
      `select count(*) as n from self_test s where ${OF_TABLE} and ended_at is null
         and exists (select from self_test_row r where r.self_test = s.id)`,
    ),
  ]);
  const [pass] = newest;
  return {
    run: runs[0] ?? null,
    underWay: pass === undefined ? null : passText(pass),
    divergedNow: diverged[0]?.n ?? 0n,
    followed,
    waiting,
    canariesWrong: (canaries[0]?.n ?? 0n) > 0n,
  };
}

function passText({ state, coverage, detail }: { state: string; coverage: number | null; detail: string | null }) {
  const share = state === 'running' && coverage !== null ? `, ${Math.floor(coverage)} % of the keys compared` : '';
  return `the newest is ${state}${share}${detail === null ? '' : `: ${detail}`}`;
}
