import type pg from 'pg';
import { z } from 'zod';
import { DIVERGENCE_STATES, type DivergenceQuery, type DivergenceRow } from '../../ports/readStore.ts';
import { divergenceDetail } from './divergenceDetail.ts';

export const divergenceState = z.enum(DIVERGENCE_STATES);

const iso = z.date().transform((at) => at.toISOString());
const divergenceRow: z.ZodType<DivergenceRow> = z.object({
  context: z.string(),
  table: z.string(),
  key: z.string(),
  kind: z.string(),
  state: divergenceState,
  leg: z.string(),
  columns: z.array(z.string()),
  detail: divergenceDetail,
  firstSeenAt: iso,
  lastSeenAt: iso,
  resolvedAt: iso.nullable(),
});

const SELECT = `select context, "table", key, kind, state, leg, columns, detail, first_seen_at as "firstSeenAt",
    last_seen_at as "lastSeenAt", resolved_at as "resolvedAt" from divergence`;

/** Open divergences of every table, worst state first, then in the order in which they were first seen. */
export function readOpenDivergences(pool: pg.Pool, limit: number): Promise<DivergenceRow[]> {
  return query(
    pool,
    `${SELECT} where resolved_at is null and self_test is null order by array_position($1::text[], state), first_seen_at, key limit $2`,
    [DIVERGENCE_STATES, limit],
  );
}

/** One page of a table's open divergences. Rows that are found meanwhile come at the end, so that pages don't shift. */
export function readDivergencesOf(pool: pg.Pool, asked: DivergenceQuery): Promise<DivergenceRow[]> {
  return query(
    pool,
    `${SELECT} where context = $1 and "table" = $2 and resolved_at is null and self_test is null
       and ($3::text is null or state = $3)
       and ($4::text is null or leg = $4)
       and ($5::float8 is null or (first_seen_at, key) > (to_timestamp($5 / 1000.0)::timestamptz(3), $6::text))
     order by first_seen_at, key limit $7`,
    [
      asked.context,
      asked.table,
      asked.state,
      asked.leg,
      asked.after?.firstSeenMs ?? null,
      asked.after?.key ?? null,
      asked.limit,
    ],
  );
}

/** The open divergence of a key, else its newest resolved one. */
export async function readDivergence(
  pool: pg.Pool,
  context: string,
  table: string,
  key: string,
): Promise<DivergenceRow | null> {
  const rows = await query(
    pool,
    `${SELECT} where context = $1 and "table" = $2 and key = $3 order by resolved_at desc nulls first limit 1`,
    [context, table, key],
  );
  return rows[0] ?? null;
}

async function query(pool: pg.Pool, sql: string, values: readonly unknown[]): Promise<DivergenceRow[]> {
  const { rows } = await pool.query(sql, [...values]);
  return z.array(divergenceRow).parse(rows);
}
