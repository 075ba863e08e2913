import type pg from 'pg';
import { z } from 'zod';
import { CANARY_CHANGES } from '../../core/consistency/canaryPlan.ts';
import type { SelfTestReader, SelfTestRound } from '../../ports/selfTestStore.ts';

const at = z.date().transform((date) => date.getTime());
const texts = z.array(z.string());

const Round = z.object({
  id: z.string(),
  context: z.string(),
  table: z.string(),
  askedBy: z.string(),
  askedAtMs: at,
  corruptedAtMs: at.nullable(),
  restoredAtMs: at.nullable(),
  endedAtMs: at.nullable(),
  failure: z.string().nullable(),
  fix: z.string().nullable(),
  others: texts,
});

const Canary = z
  .object({
    round: z.string(),
    key: z.string(),
    change: z.enum(CANARY_CHANGES),
    columns: texts,
    foundAtMs: at.nullable(),
    kind: z.string().nullable(),
    leg: z.string().nullable(),
    foundColumns: texts.nullable(),
    outcome: z.enum(['restored', 'changed']).nullable(),
  })
  .transform(({ foundAtMs, kind, leg, foundColumns, ...rest }) => ({
    ...rest,
    found:
      foundAtMs === null || kind === null || leg === null
        ? null
        : { atMs: foundAtMs, kind, leg, columns: foundColumns ?? [] },
  }));

/** Columns of `self_test s` as a round has them. */
export const ROUND = `s.id, s.context, s."table", s.asked_by as "askedBy", s.asked_at as "askedAtMs",
  s.corrupted_at as "corruptedAtMs", s.restored_at as "restoredAtMs", s.ended_at as "endedAtMs", s.failure, s.fix, s.others`;

/** Rows of `ROUND` as rounds, each with its canaries. */
export async function withCanaries(pool: pg.Pool, rows: readonly unknown[]): Promise<readonly SelfTestRound[]> {
  const rounds = z.array(Round).parse(rows);
  if (rounds.length === 0) return [];
  const found = await pool.query(
    `select self_test as round, key, change, columns, found_at as "foundAtMs", found_kind as kind, found_leg as leg,
       found_columns as "foundColumns", outcome
     from self_test_row where self_test = any($1) order by key`,
    [rounds.map(({ id }) => id)],
  );
  const canaries = z.array(Canary).parse(found.rows);
  return rounds.map((round) => ({
    ...round,
    canaries: canaries.filter((canary) => canary.round === round.id).map(({ round: _, ...canary }) => canary),
  }));
}

/** What pages and commands read of self-tests. */
export class StoredSelfTestReader implements SelfTestReader {
  protected readonly pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.pool = pool;
  }

  async rounds(context: string, limit: number): Promise<readonly SelfTestRound[]> {
    const { rows } = await this.pool.query(
      `select ${ROUND} from self_test s where s.context = $1 order by s.asked_at desc, s.id desc limit $2`,
      [context, limit],
    );
    return withCanaries(this.pool, rows);
  }
}
