import pg from 'pg';
import { z } from 'zod';
import { keyText } from '../../core/consistency/keyText.ts';
import type { Row, RowImage } from '../../core/consistency/row.ts';
import type { AppliedPosition, TableMapping } from '../../core/migration/definition.ts';
import { BanyanError, messageOf } from '../../errors.ts';
import type { KeyOwner, KeyRead, KeyReader } from '../../ports/keyReader.ts';
import type { Side } from '../../ports/rowReader.ts';
import { readAppliedRows } from './appliedPositionQuery.ts';
import { findTable } from './catalogue.ts';
import { columnOf } from './columnPlan.ts';
import { readImages } from './eventImages.ts';
import { keyArrays, keyJoin } from './keyJoin.ts';
import { type PlanOptions, planTable, type TablePlan } from './planTable.ts';
import type { RowQuery, SourceDatabase } from './sourceDatabase.ts';
import { keyTexts, Parameters, type SidePlan, tableOf } from './tablePlan.ts';

const Texts = z.array(z.string().nullable());
/** `key` is null in the one line that a read without any row still returns. */
const Found = z.object({
  snapshot: z.string(),
  key: z.array(z.string()).nullable(),
  tokens: Texts.nullable(),
  texts: Texts.nullable(),
  written_by: z.string().nullable(),
  applied: z.array(z.tuple([z.coerce.number(), z.string().transform(BigInt)])).nullable(),
});
const Owned = z.object({
  key: z.string(),
  epoch: z.coerce.string(),
  owner: z.enum(['source', 'target']),
  since: z.coerce.string().regex(/^\d+$/).transform(BigInt).nullish(),
});

/** Images in one statement: a key that never stands still has hundreds. */
const IMAGES_AT_ONCE = 2_000;

/** Types of key columns whose values a change event writes as PostgreSQL does. */
const SAME_TEXT = new Set(['int2', 'int4', 'int8', 'uuid', 'text', 'varchar', 'bool', 'oid']);

/** Reads rows of one mapped table by key on both of its PostgreSQL databases: one statement a side and read. */
export class PostgresKeyReader implements KeyReader {
  readonly #mapping: TableMapping;
  readonly #options: PlanOptions;
  readonly #databases: Readonly<Record<Side, SourceDatabase>>;
  #planned: Promise<TablePlan> | null = null;

  constructor(mapping: TableMapping, source: SourceDatabase, target: SourceDatabase, options: PlanOptions = {}) {
    this.#mapping = mapping;
    this.#options = options;
    this.#databases = { source, target };
  }

  async read(side: Side, keys: readonly string[]): Promise<KeyRead> {
    const plan = (await this.#plan())[side];
    const database = this.#databases[side];
    await database.budget.ready();
    const found = await this.#readTogether(side, plan, keys);
    database.budget.spend(keys.length);
    const [position] = await database.query(
      z.object({ lsn: z.string() }),
      `select (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::text as lsn`,
    );
    return { ...found, lsn: BigInt(position?.lsn ?? 0) };
  }

  async canonicalKeys(keys: readonly string[]): Promise<readonly string[]> {
    const { key } = (await this.#plan()).source;
    const parameters = new Parameters();
    const texts = key.map(({ sql }, at) => sql.text(`u.k${at}::${sql.readAs}`));
    try {
      const arrays = keyArrays(key.length, keys, parameters);
      const found = await this.#databases.source.query(
        z.object({ key: z.array(z.string()) }),
        `select array[${texts.join(', ')}]::text[] as key from ${arrays} order by u.n`,
        parameters.values,
      );
      return found.map((row) => keyText(row.key));
    } catch (error) {
      const cause = error instanceof BanyanError ? error.cause : error;
      // Class 22: the value is none of its type; the others: the text is no key of so many columns at all.
      const isValue = cause instanceof pg.DatabaseError && cause.code?.startsWith('22') === true;
      if (!isValue && !(cause instanceof SyntaxError) && !(cause instanceof TypeError)) throw error;
      const message = messageOf(error);
      throw new BanyanError('bad_input', `not a key of ${key.map(({ name }) => name).join(', ')}: ${message}`, {
        cause: error,
        fix: 'write each key as the list of divergences does',
      });
    }
  }

  async applied(side: Side): Promise<ReadonlyMap<number, bigint> | null> {
    return this.#applied(side, this.#databases[side].query);
  }

  transactionId(side: Side): Promise<bigint> {
    return this.#databases[side].transactionId();
  }

  async keyProblem(side: Side): Promise<string | null> {
    const ref = this.#mapping[side];
    const { columns } = await findTable(this.#databases[side], ref, []);
    const other = columns.find(({ name, base }) => ref.key.includes(name) && !SAME_TEXT.has(base));
    if (other === undefined) return null;
    return `key column ${other.name} of ${ref.schema}.${ref.table} is a ${other.type}, which change events write in another form: its changes can't be matched with its rows`;
  }

  async images(side: Side, after: readonly (string | null)[]): Promise<readonly (Row | 'unavailable')[]> {
    const plan = (await this.#plan())[side];
    const database = this.#databases[side];
    const rows: (Row | 'unavailable')[] = [];
    for (let at = 0; at < after.length; at += IMAGES_AT_ONCE) {
      const page = after.slice(at, at + IMAGES_AT_ONCE);
      await database.budget.ready();
      rows.push(...(await readImages(database, plan, page)));
      database.budget.spend(page.length);
    }
    return rows;
  }

  /** Rows and position by one statement, which has one snapshot; owners besides, in a transaction that has one. */
  async #readTogether(side: Side, plan: SidePlan, keys: readonly string[]): Promise<Omit<KeyRead, 'lsn'>> {
    const owners = this.#mapping.ownership?.[side];
    const database = this.#databases[side];
    const applied = this.#appliedQuery(side);
    if (owners === undefined) return { ...(await readRows(database.query, plan, keys, applied)), owners: null };
    return database.inSnapshot(async (query) => {
      const rows = await readRows(query, plan, keys, applied);
      return { ...rows, owners: await readOwners(query, owners, keys) };
    });
  }

  #appliedQuery(side: Side): AppliedQuery | null {
    const flow: { topic: string; applied: AppliedPosition } | undefined =
      side === 'target' ? this.#mapping : this.#mapping.reverse;
    return flow?.applied.kind === 'table' ? { sql: flow.applied.query, topic: flow.topic } : null;
  }

  async #applied(side: Side, query: RowQuery): Promise<ReadonlyMap<number, bigint> | null> {
    const applied = this.#appliedQuery(side);
    return applied === null ? null : readAppliedRows(query, applied.sql, applied.topic);
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
}

interface AppliedQuery {
  /** Returns (partition, next_offset) for $1 = topic. */
  readonly sql: string;
  readonly topic: string;
}

async function readRows(
  query: RowQuery,
  plan: SidePlan,
  keys: readonly string[],
  applied: AppliedQuery | null,
): Promise<Omit<KeyRead, 'lsn' | 'owners'>> {
  const parameters = new Parameters();
  // The first parameter is the configured query's own $1.
  if (applied !== null) parameters.add(applied.topic);
  const found = await query(Found, rowsSql(plan, keys, parameters, applied), parameters.values);
  const rows = new Map<string, RowImage>();
  const writtenBy = new Map<string, bigint>();
  for (const { key, tokens, texts, written_by } of found) {
    if (key === null || tokens === null) continue;
    const name = keyText(key);
    rows.set(name, { tokens, texts: texts ?? tokens, copies: (rows.get(name)?.copies ?? 0) + 1 });
    if (written_by !== null) writtenBy.set(name, BigInt(written_by));
  }
  return {
    rows,
    writtenBy,
    snapshot: found[0]?.snapshot ?? '',
    applied: applied === null ? null : new Map(found[0]?.applied ?? []),
  };
}

function rowsSql(plan: SidePlan, keys: readonly string[], parameters: Parameters, applied: AppliedQuery | null) {
  const joined = keyJoin(plan, keys, parameters);
  const tokens = plan.columns.map((column) => column.token(columnOf(column.name)));
  const texts = plan.columns.map((column) => `(${columnOf(column.name)})::text`);
  // What is shown is sent beside what is compared only where the two differ.
  const shown = texts.every((text, i) => text === tokens[i]) ? 'null::text[]' : `array[${texts.join(', ')}]::text[]`;
  // A derived or filtered side is a subquery, which has no system columns.
  const writtenBy = tableOf(plan).startsWith('(') ? 'null' : 't.xmin::text';
  const position =
    applied === null
      ? 'null::json'
      : `(select json_agg(json_build_array(a.partition, a.next_offset::text)) from (${applied.sql.replace(/;\s*$/, '')}\n) a)`;
  return `select one.snapshot, one.applied, r.* from
    (select pg_current_snapshot()::text as snapshot, ${position} as applied) one left join
    (select ${keyTexts(plan)} as key, array[${tokens.join(', ')}]::text[] as tokens, ${shown} as texts, ${writtenBy} as written_by
     from ${joined}) r on true`;
}

async function readOwners(
  query: RowQuery,
  sql: string,
  keys: readonly string[],
): Promise<ReadonlyMap<string, KeyOwner>> {
  const rows = await query(Owned, sql, [keys]);
  return new Map(rows.map(({ key, epoch, owner, since }) => [key, { epoch, owner, since: since ?? null }]));
}
