import type pg from 'pg';
import { z } from 'zod';
import type { PlantedRow, RestoreOutcome } from '../../ports/canaryRows.ts';
import type {
  AskedRound,
  FoundCanary,
  KeptCanary,
  RoundEnd,
  SelfTestRound,
  SelfTestStore,
} from '../../ports/selfTestStore.ts';
import { ROUND, StoredSelfTestReader, withCanaries } from './selfTestReader.ts';

const Key = z.object({ key: z.string() });
const Finding = z.object({ key: z.string(), kind: z.string(), leg: z.string(), columns: z.array(z.string()) });
const Planted = z.object({ key: z.string(), original: z.string().nullable(), planted: z.string().nullable() });

/** Keeps a new round, unless one of its context is open. */
export async function insertRound(
  client: pg.ClientBase | pg.Pool,
  { id, context, table, askedBy, askedAtMs }: AskedRound,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `insert into self_test (id, context, "table", asked_by, asked_at) values ($1, $2, $3, $4, $5)
     on conflict (context) where ended_at is null do nothing`,
    [id, context, table, askedBy, new Date(askedAtMs)],
  );
  return rowCount === 1;
}

/** Rounds of self-tests, in PostgreSQL. */
export class StoredSelfTests extends StoredSelfTestReader implements SelfTestStore {
  ask(round: AskedRound): Promise<boolean> {
    return insertRound(this.pool, round);
  }

  async take(context: string, owner: string, nowMs: number, leaseMs: number): Promise<SelfTestRound | null> {
    const { rows } = await this.pool.query(
      `update self_test s set owner = $2, leased_until = $4
       where context = $1 and ended_at is null and (owner is null or owner = $2 or leased_until < $3) returning ${ROUND}`,
      [context, owner, new Date(nowMs), new Date(nowMs + leaseMs)],
    );
    return (await withCanaries(this.pool, rows))[0] ?? null;
  }

  openAmong(context: string, table: string, keys: readonly string[]): Promise<readonly string[]> {
    return this.#keys(
      `select key from divergence where context = $1 and "table" = $2 and resolved_at is null and key = any($3) order by key`,
      [context, table, keys],
    );
  }

  async passedSince(context: string, table: string, sinceMs: number): Promise<boolean> {
    const { rowCount } = await this.pool.query(
      `select from verify_run where context = $1 and "table" = $2 and state = 'complete' and started_at > $3 limit 1`,
      [context, table, new Date(sinceMs)],
    );
    return rowCount === 1;
  }

  async keep(id: string, canaries: readonly KeptCanary[]): Promise<void> {
    await this.pool.query(
      `insert into self_test_row (self_test, key, change, columns, original, planted)
       select $1, c.key, c.change, c.columns, c.original, c.planted from jsonb_to_recordset($2::jsonb)
         as c(key text, change text, columns text[], original text, planted text)`,
      [id, JSON.stringify(canaries)],
    );
  }

  async corrupted(id: string, atMs: number): Promise<void> {
    await this.pool.query('update self_test set corrupted_at = $2 where id = $1', [id, new Date(atMs)]);
  }

  async named(id: string): Promise<readonly FoundCanary[]> {
    const { rows } = await this.pool.query(
      `select key, kind, leg, columns from divergence
       where self_test = $1 and state = 'DIVERGED' and resolved_at is null order by key`,
      [id],
    );
    return z.array(Finding).parse(rows);
  }

  async found(id: string, canaries: readonly FoundCanary[], atMs: number): Promise<void> {
    await this.pool.query(
      `update self_test_row r set found_at = $3, found_kind = f.kind, found_leg = f.leg, found_columns = f.columns
       from jsonb_to_recordset($2::jsonb) as f(key text, kind text, leg text, columns text[])
       where r.self_test = $1 and r.key = f.key and r.found_at is null`,
      [id, JSON.stringify(canaries), new Date(atMs)],
    );
  }

  othersSince(
    { context, table }: Pick<SelfTestRound, 'context' | 'table'>,
    sinceMs: number,
    limit: number,
  ): Promise<readonly string[]> {
    return this.#keys(
      `select distinct key from divergence where context = $1 and "table" = $2 and state = 'DIVERGED'
         and self_test is null and first_seen_at >= $3 order by key limit $4`,
      [context, table, new Date(sinceMs), limit],
    );
  }

  async toRestore(id: string): Promise<readonly PlantedRow[]> {
    const { rows } = await this.pool.query(
      'select key, original, planted from self_test_row where self_test = $1 and outcome is null order by key',
      [id],
    );
    return z.array(Planted).parse(rows);
  }

  async restored(id: string, outcomes: ReadonlyMap<string, RestoreOutcome>, atMs: number): Promise<void> {
    const list = [...outcomes].map(([key, outcome]) => ({ key, outcome }));
    // What is restored needs no copy any more: its values are nobody's business.
    await this.pool.query(
      `with done as (
         update self_test_row r set outcome = o.outcome,
           original = case o.outcome when 'changed' then r.original end, planted = case o.outcome when 'changed' then r.planted end
         from jsonb_to_recordset($2::jsonb) as o(key text, outcome text) where r.self_test = $1 and r.key = o.key)
       update self_test set restored_at = $3 where id = $1`,
      [id, JSON.stringify(list), new Date(atMs)],
    );
  }

  async noteOthers(id: string, keys: readonly string[]): Promise<void> {
    await this.pool.query('update self_test set others = $2 where id = $1', [id, keys]);
  }

  async end(id: string, { atMs, failure, fix }: RoundEnd): Promise<void> {
    await this.pool.query(
      `update self_test set ended_at = $2, failure = $3, fix = $4, owner = null, leased_until = null
       where id = $1 and ended_at is null`,
      [id, new Date(atMs), failure, fix],
    );
  }

  async release(id: string): Promise<void> {
    await this.pool.query('update self_test set owner = null, leased_until = null where id = $1', [id]);
  }

  async #keys(sql: string, values: unknown[]): Promise<readonly string[]> {
    const { rows } = await this.pool.query(sql, values);
    return z
      .array(Key)
      .parse(rows)
      .map(({ key }) => key);
  }
}
