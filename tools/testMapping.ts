// One mapped table on two databases of the tests' PostgreSQL, read as the worker reads it, under both ways of hashing.
import pg from 'pg';
import { PostgresKeyReader } from '../lib/adapters/postgres/postgresKeyReader.ts';
import { PostgresRowReader } from '../lib/adapters/postgres/postgresRowReader.ts';
import { SourceDatabase } from '../lib/adapters/postgres/sourceDatabase.ts';
import { sameDigest } from '../lib/core/consistency/rangeDigest.ts';
import { sameRow } from '../lib/core/consistency/row.ts';
import type { TableMapping } from '../lib/core/migration/definition.ts';
import type { RowForm } from '../lib/ports/keyReader.ts';
import { createTestDatabase } from './testDatabase.ts';

/** Both readers of one mapped table. */
export interface TestReaders {
  readonly ranges: PostgresRowReader;
  readonly keys: PostgresKeyReader;
}

/** A mapping without what a test of rows does not need. */
export type RowMapping = Pick<TableMapping, 'columns'> & Partial<TableMapping>;

/** Settings of a database that must not matter to whoever reads it. */
export const ODD_SETTINGS: Readonly<Record<string, string>> = {
  TimeZone: 'America/New_York',
  DateStyle: 'SQL, DMY',
  IntervalStyle: 'sql_standard',
  extra_float_digits: '-8',
  bytea_output: 'escape',
  standard_conforming_strings: 'off',
};

/** The mapping of a table of one name on both sides, of which everything captured has been applied. */
export function bareMapping(table: string, key: readonly string[]): Omit<TableMapping, 'columns'> {
  const ref = { schema: 'public', table, key };
  return {
    id: table,
    source: { database: 'source', ...ref },
    target: { database: 'target', ...ref },
    topic: table,
    applied: { kind: 'table', query: 'select 0 as partition, 0 as next_offset where $1::text is not null' },
  };
}

/** Two databases; the target's sessions start with odd settings. */
export class TestMapping {
  readonly sourceUrl: string;
  readonly source: pg.Client;
  readonly target: pg.Client;
  readonly #databases: { readonly source: SourceDatabase; readonly target: SourceDatabase };
  #tables = 0;

  private constructor(sourceUrl: string, targetUrl: string) {
    this.sourceUrl = sourceUrl;
    this.source = new pg.Client(sourceUrl);
    this.target = new pg.Client(targetUrl);
    const open = (id: string, url: string) =>
      new SourceDatabase({ id, url, rowsPerSec: Number.POSITIVE_INFINITY, allowWritable: true });
    this.#databases = { source: open('source', sourceUrl), target: open('target', targetUrl) };
  }

  static async open(prefix: string): Promise<TestMapping> {
    const urls = [await createTestDatabase(`${prefix}_a`), await createTestDatabase(`${prefix}_b`)] as const;
    const mapping = new TestMapping(...urls);
    await Promise.all([mapping.source.connect(), mapping.target.connect()]);
    const name = pg.escapeIdentifier(new URL(urls[1]).pathname.slice(1));
    for (const [setting, value] of Object.entries(ODD_SETTINGS)) {
      await mapping.target.query(`alter database ${name} set ${setting} = '${value}'`);
    }
    return mapping;
  }

  get databases() {
    return this.#databases;
  }

  async close(): Promise<void> {
    const { source, target } = this.#databases;
    await Promise.all([this.source.end(), this.target.end(), source.close(), target.close()]);
  }

  /** Makes a table of these column definitions on each side, and the mapping of the two. */
  async table(sourceColumns: string, targetColumns: string, mapping: RowMapping): Promise<TableMapping> {
    const table = `mapped_${++this.#tables}`;
    await this.source.query(`create table ${table} (${sourceColumns})`);
    await this.target.query(`create table ${table} (${targetColumns})`);
    return { ...bareMapping(table, ['id']), ...mapping };
  }

  /** Readers of the table's ranges and of its keys, as the worker has them. */
  readers(mapping: TableMapping, hashing: 'chosen' | 'sha256'): TestReaders {
    const { source, target } = this.#databases;
    const options = hashing === 'sha256' ? { hashing } : {};
    return {
      ranges: new PostgresRowReader(mapping, source, target, options),
      keys: new PostgresKeyReader(mapping, source, target, options),
    };
  }
}

/** What is the same of one row on both sides. */
export interface SameRow {
  /** Of the range that holds this row alone. */
  readonly digest: boolean;
  /** The compared texts. */
  readonly tokens: boolean;
  /** The hash that is read in place of them. */
  readonly hash: boolean;
}

/** For rows of keys 1 to `count`: whether each way to compare them says that both sides are the same. */
export async function sameRows(readers: TestReaders, count: number): Promise<readonly SameRow[]> {
  const keys = Array.from({ length: count }, (_, i) => String(i + 1));
  const ranges = keys.map((key) => ({ lo: [key], hi: [String(Number(key) + 1)] }));
  const [left, right] = await Promise.all([
    readers.ranges.digest('source', ranges),
    readers.ranges.digest('target', ranges),
  ]);
  const read = async (form: RowForm) => {
    const sides = await Promise.all([readers.keys.read('source', keys, form), readers.keys.read('target', keys, form)]);
    return keys.map((key) => sameRow(sides[0].rows.get(key) ?? null, sides[1].rows.get(key) ?? null));
  };
  const [tokens, hashes] = await Promise.all([read('values'), read('hashes')]);
  return keys.map((_, i) => {
    const [a, b] = [left[i], right[i]];
    const digest = a !== undefined && b !== undefined && sameDigest(a, b);
    return { digest, tokens: tokens[i] === true, hash: hashes[i] === true };
  });
}
