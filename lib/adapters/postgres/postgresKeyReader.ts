import pg from 'pg';
import { z } from 'zod';
import { keyText } from '../../core/consistency/keyText.ts';
import type { Row } from '../../core/consistency/row.ts';
import type { AppliedPosition, TableMapping } from '../../core/migration/definition.ts';
import { BanyanError, messageOf } from '../../errors.ts';
import type { KeyRead, KeyReader, RowForm } from '../../ports/keyReader.ts';
import type { Side } from '../../ports/rowReader.ts';
import { readAppliedRows } from './appliedPositionQuery.ts';
import { findTable } from './catalogue.ts';
import { readImages } from './eventImages.ts';
import { keyArrays } from './keyJoin.ts';
import { readOwners } from './ownedKeys.ts';
import { planOnce } from './planOnce.ts';
import type { PlanOptions, TablePlan } from './planTable.ts';
import { type AppliedQuery, readKeyRows } from './readKeyRows.ts';
import type { RowQuery, SourceDatabase } from './sourceDatabase.ts';
import { Parameters, type SidePlan } from './tablePlan.ts';

/** Images in one statement: a key that never stands still has hundreds. */
const IMAGES_AT_ONCE = 2_000;

/** Types of key columns whose values a change event writes as PostgreSQL does. */
const SAME_TEXT = new Set(['int2', 'int4', 'int8', 'uuid', 'text', 'varchar', 'bool', 'oid']);

/** Reads rows of one mapped table by key on both of its PostgreSQL databases: one statement a side and read. */
export class PostgresKeyReader implements KeyReader {
  readonly #mapping: TableMapping;
  readonly #databases: Readonly<Record<Side, SourceDatabase>>;
  readonly #plan: () => Promise<TablePlan>;

  constructor(mapping: TableMapping, source: SourceDatabase, target: SourceDatabase, options: PlanOptions = {}) {
    this.#mapping = mapping;
    this.#databases = { source, target };
    this.#plan = planOnce(mapping, this.#databases, options);
  }

  async read(side: Side, keys: readonly string[], form: RowForm = 'values'): Promise<KeyRead> {
    const plan = (await this.#plan())[side];
    const database = this.#databases[side];
    await database.budget.take(keys.length);
    const found = await this.#readTogether(side, plan, keys, form);
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
      await database.budget.take(page.length);
      rows.push(...(await readImages(database, plan, page)));
    }
    return rows;
  }

  /** Rows and position by one statement, which has one snapshot; owners besides, in a transaction that has one. */
  async #readTogether(
    side: Side,
    plan: SidePlan,
    keys: readonly string[],
    form: RowForm,
  ): Promise<Omit<KeyRead, 'lsn'>> {
    const owners = this.#mapping.ownership?.[side];
    const database = this.#databases[side];
    const applied = this.#appliedQuery(side);
    if (owners === undefined)
      return { ...(await readKeyRows(database.texts, plan, keys, form, applied)), owners: null };
    return database.inSnapshot(async (query, texts) => {
      const rows = await readKeyRows(texts, plan, keys, form, applied);
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
}
