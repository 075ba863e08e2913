import type pg from 'pg';
import { z } from 'zod';
import type { CleanRun } from '../../core/consistency/certificateRefusals.ts';
import type { PassFacts } from '../../ports/certificateStore.ts';
import { Offsets, VerifyRunRow } from './verifyRunRow.ts';

const big = z.union([z.string(), z.number()]).transform(BigInt);

const OF_TABLE = 'context = $1 and "table" = $2';

/** What a certificate asks of one table. */
export async function readPassFacts(pool: pg.Pool, context: string, table: string): Promise<PassFacts> {
  const query = async <T>(schema: z.ZodType<T>, sql: string): Promise<T[]> =>
    z.array(schema).parse((await pool.query(sql, [context, table])).rows);
  const [runs, newest, diverged, followed, waiting, canaries] = await Promise.all([
    query(
      VerifyRunRow,
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
      Offsets.element,
      `select topic, part, verified_offset as "nextOffset" from verify_partition where ${OF_TABLE} and leased_until > now()`,
    ),
    query(
      Offsets.element,
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
    run: runs[0] === undefined ? null : cleanRunOf(runs[0]),
    underWay: pass === undefined ? null : passText(pass),
    divergedNow: diverged[0]?.n ?? 0n,
    followed,
    waiting,
    canariesWrong: (canaries[0]?.n ?? 0n) > 0n,
  };
}

/** A complete pass; what a complete one always has is taken for missing where it is not there. */
function cleanRunOf(row: z.output<typeof VerifyRunRow>): CleanRun | null {
  const { finishedAtMs, coveragePercent, cleanPass, endOffsets } = row;
  if (finishedAtMs === null) return null;
  return {
    ...row,
    endedAtMs: finishedAtMs,
    coveragePercent: coveragePercent ?? 0,
    cleanPass: cleanPass === true,
    endOffsets: endOffsets ?? [],
  };
}

function passText({ state, coverage, detail }: { state: string; coverage: number | null; detail: string | null }) {
  const share = state === 'running' && coverage !== null ? `, ${Math.floor(coverage)} % of the keys compared` : '';
  return `the newest is ${state}${share}${detail === null ? '' : `: ${detail}`}`;
}
