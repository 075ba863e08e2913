import { z } from 'zod';
import type { KeyHash } from '../../core/consistency/keyHashDiff.ts';
import type { KeyRange } from '../../core/consistency/keyRange.ts';
import { keyText, keyValues } from '../../core/consistency/keyText.ts';
import { type RangeDigest, rangeDigest } from '../../core/consistency/rangeDigest.ts';
import type { Row, RowImage } from '../../core/consistency/row.ts';
import type { AppliedPosition, TableMapping } from '../../core/migration/definition.ts';
import type { RowReader, Side, SideRead } from '../../ports/rowReader.ts';
import { readAppliedRows } from './appliedPositionQuery.ts';
import { columnOf } from './columnPlan.ts';
import { readImages } from './eventImages.ts';
import { type PlanOptions, planTable, type TablePlan } from './planTable.ts';
import type { RowQuery, SourceDatabase } from './sourceDatabase.ts';
import {
  digestOf,
  inRange,
  keyCompared,
  keyOrder,
  keyTexts,
  listedHash,
  Parameters,
  type SidePlan,
  tableOf,
} from './tablePlan.ts';

/** Rows between two inner bounds: what is listed when a digest differs, so small; a digest costs 20 us besides. */
const STEP_ROWS = 1_000;

const Digest = z.object({ i: z.number(), n: z.string(), s1: z.string().nullable(), s2: z.string().nullable() });
const Texts = z.array(z.string().nullable());
const Found = z.object({ key: z.array(z.string()), tokens: Texts, texts: Texts });

/** Reads one mapped table on both of its PostgreSQL databases. */
export class PostgresRowReader implements RowReader {
  readonly #mapping: TableMapping;
  readonly #options: PlanOptions;
  readonly #databases: Readonly<Record<Side, SourceDatabase>>;
  #planned: Promise<TablePlan> | null = null;

  constructor(mapping: TableMapping, source: SourceDatabase, target: SourceDatabase, options: PlanOptions = {}) {
    this.#mapping = mapping;
    this.#options = options;
    this.#databases = { source, target };
  }

  async prepare(): Promise<void> {
    await this.#plan();
  }

  async bounds(range: KeyRange, wanted: number) {
    const { source: plan, indexed } = await this.#plan();
    // A chunk is at most a second of the budget: what is bounded on average must not come in bursts.
    const { source, target } = this.#databases;
    const rows = Math.max(1, Math.min(wanted, source.rowsPerSec, target.rowsPerSec));
    const step = indexed ? Math.min(STEP_ROWS, rows) : rows;
    const steps = Math.max(1, Math.round(rows / step));
    const parameters = new Parameters();
    const first = inRange(plan, range, parameters);
    const above = keyCompared(
      plan,
      '>=',
      plan.key.map((_, i) => `b.k${i}`),
    );
    const below = inRange(plan, { lo: null, hi: range.hi }, parameters);
    const names = plan.key.map(({ name, sql }, i) => `${sql.order(columnOf(name))} as k${i}`).join(', ');
    const skip = `order by ${keyOrder(plan)} offset ${parameters.add(step)}::int limit 1`;
    const texts = plan.key.map(({ sql }, i) => sql.text(`k${i}`)).join(', ');
    const found = await source.query(
      z.object({ key: z.array(z.string()) }),
      `with recursive b as (
         (select ${names}, 1 as n from ${tableOf(plan)} where ${first} ${skip})
         union all
         select x.*, b.n + 1 from b cross join lateral
           (select ${names} from ${tableOf(plan)} where ${above} and ${below} ${skip}) x
         where b.n < ${parameters.add(steps)}::int
       ) select array[${texts}] as key from b order by n`,
      parameters.values,
    );
    const keys = found.map((row) => row.key);
    const end = keys.length === steps ? (keys.at(-1) ?? null) : null;
    return { inner: end === null ? keys : keys.slice(0, -1), end };
  }

  async digest(side: Side, ranges: readonly KeyRange[]): Promise<readonly RangeDigest[]> {
    const plan = (await this.#plan())[side];
    const database = this.#databases[side];
    const parameters = new Parameters();
    const open = ranges.flatMap((range, i) =>
      range.lo === null || range.hi === null
        ? [
            `select ${i} as i, d.n::text, d.s1::text, d.s2::text from (${digestOf(plan, inRange(plan, range, parameters))}) d`,
          ]
        : [],
    );
    const closed = ranges.flatMap(({ lo, hi }, i) => (lo === null || hi === null ? [] : [{ i, lo, hi }]));
    const statement = [...open, ...(closed.length === 0 ? [] : [closedDigests(plan, closed, parameters)])].join(
      ' union all ',
    );
    await database.budget.ready();
    const rows = await database.query(Digest, statement, parameters.values);
    const digests = rows.toSorted((a, b) => a.i - b.i).map((row) => rangeDigest(row.n, row.s1, row.s2));
    database.budget.spend(Number(digests.reduce((sum, digest) => sum + digest.rows, 0n)));
    return digests;
  }

  async list(side: Side, range: KeyRange): Promise<readonly KeyHash[]> {
    const plan = (await this.#plan())[side];
    const database = this.#databases[side];
    const parameters = new Parameters();
    const condition = inRange(plan, range, parameters);
    await database.budget.ready();
    const rows = await database.query(
      z.object({ key: z.array(z.string()), hash: z.string() }),
      `select ${keyTexts(plan)} as key, ${listedHash(plan)} as hash from ${tableOf(plan)} where ${condition}`,
      parameters.values,
    );
    database.budget.spend(rows.length);
    return rows.map(({ key, hash }) => ({ key: keyText(key), hash }));
  }

  async read(side: Side, keys: readonly string[]): Promise<SideRead> {
    const plan = (await this.#plan())[side];
    const database = this.#databases[side];
    await database.budget.ready();
    const read = await database.inSnapshot(async (query) => {
      const [snapshot] = await query(z.object({ text: z.string() }), 'select pg_current_snapshot()::text as text');
      const found = await readRows(query, plan, keys);
      return { rows: found, snapshot: snapshot?.text ?? '', applied: await this.#applied(side, query) };
    });
    database.budget.spend(keys.length);
    const [position] = await database.query(
      z.object({ lsn: z.string() }),
      `select (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::text as lsn`,
    );
    return { ...read, lsn: BigInt(position?.lsn ?? 0) };
  }

  async applied(side: Side): Promise<ReadonlyMap<number, bigint> | null> {
    return this.#applied(side, this.#databases[side].query);
  }

  transactionId(side: Side): Promise<bigint> {
    return this.#databases[side].transactionId();
  }

  async images(side: Side, after: readonly (string | null)[]): Promise<readonly (Row | 'unavailable')[]> {
    const plan = (await this.#plan())[side];
    return readImages(this.#databases[side], plan, after);
  }

  #plan(): Promise<TablePlan> {
    this.#planned ??= planTable(this.#mapping, this.#databases.source, this.#databases.target, this.#options).catch(
      (error: unknown) => {
        this.#planned = null;
        throw error;
      },
    );
    return this.#planned;
  }

  async #applied(side: Side, query: RowQuery): Promise<ReadonlyMap<number, bigint> | null> {
    const flow: { topic: string; applied: AppliedPosition } | undefined =
      side === 'target' ? this.#mapping : this.#mapping.reverse;
    if (flow === undefined || flow.applied.kind !== 'table') return null;
    return readAppliedRows(query, flow.applied.query, flow.topic);
  }
}

/** Digests of ranges with two bounds, each one walk of the index. */
function closedDigests(
  plan: SidePlan,
  ranges: readonly { i: number; lo: readonly string[]; hi: readonly string[] }[],
  parameters: Parameters,
): string {
  const arrays = [parameters.add(ranges.map((range) => range.i))];
  const names = ['i'];
  const casts = ['i::int4 as i'];
  for (const [at, { sql }] of plan.key.entries()) {
    for (const bound of ['lo', 'hi'] as const) {
      arrays.push(parameters.add(ranges.map((range) => range[bound][at] ?? null)));
      names.push(`${bound}${at}`);
      casts.push(`${bound}${at}::${sql.cast} as ${bound}${at}`);
    }
  }
  const condition = (['>=', '<'] as const)
    .map((operator) =>
      keyCompared(
        plan,
        operator,
        plan.key.map((_, at) => `r.${operator === '<' ? 'hi' : 'lo'}${at}`),
      ),
    )
    .join(' and ');
  const types = arrays.map((array, at) => `${array}::${at === 0 ? 'int4' : 'text'}[]`).join(', ');
  return `select r.i, d.n::text, d.s1::text, d.s2::text
    from (select ${casts.join(', ')} from unnest(${types}) u(${names.join(', ')}) offset 0) r
    cross join lateral (${digestOf(plan, condition)}) d`;
}

async function readRows(
  query: RowQuery,
  plan: SidePlan,
  keys: readonly string[],
): Promise<ReadonlyMap<string, RowImage>> {
  const values = keys.map((key) => keyValues(key, plan.key.length));
  const parameters = new Parameters();
  const columns = plan.key.map((_, at) => `${parameters.add(values.map((value) => value[at] ?? null))}::text[]`);
  const join = plan.key
    .map(({ name, sql }, at) => {
      const own = sql.indexed || sql.cast !== 'text' ? columnOf(name) : `${sql.text(columnOf(name))}`;
      return `${own} = u.k${at}::${sql.cast}`;
    })
    .join(' and ');
  const tokens = plan.columns.map((column) => column.token(columnOf(column.name)));
  const texts = plan.columns.map((column) => `${columnOf(column.name)}::text`);
  const found = await query(
    Found,
    `select ${keyTexts(plan)} as key, array[${tokens.join(', ')}]::text[] as tokens, array[${texts.join(', ')}]::text[] as texts
     from unnest(${columns.join(', ')}) u(${plan.key.map((_, at) => `k${at}`).join(', ')})
     join ${tableOf(plan)} on ${join}`,
    parameters.values,
  );
  const rows = new Map<string, RowImage>();
  for (const { key, tokens: own, texts: shown } of found) {
    const name = keyText(key);
    const before = rows.get(name);
    rows.set(name, { tokens: own, texts: shown, copies: (before?.copies ?? 0) + 1 });
  }
  return rows;
}
