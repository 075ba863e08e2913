// What a mapping can say: renamed, derived, filtered and ignored columns; and what it is told when it loses something.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RowMapping, sameRows, TestMapping } from '../../../tools/testMapping.ts';
import type { ColumnMapping, SqlExpression } from '../../core/migration/definition.ts';
import { inspectTable, planTable } from './planTable.ts';
import { tableOf } from './tablePlan.ts';

let mapped: TestMapping;
beforeAll(async () => {
  mapped = await TestMapping.open('mapping');
});
afterAll(() => mapped.close());

const inspect = async (source: string, target: string, mapping: RowMapping) => {
  const table = await mapped.table(source, target, mapping);
  return { table, inspect: () => inspectTable(table, mapped.databases.source, mapped.databases.target) };
};
const id = 'id bigint primary key';
const columns = (...pairs: (string | ColumnMapping)[]): readonly ColumnMapping[] =>
  pairs.map((pair) => (typeof pair === 'string' ? { from: pair, to: pair, compare: 'semantic' } : pair));
const sql = (text: string, ...names: string[]): SqlExpression => ({ sql: text, columns: names });
const derived = (name: string, fromSql: SqlExpression, to: string): ColumnMapping => ({
  from: name,
  to,
  fromSql,
  compare: 'semantic',
});

describe('derived columns and filters', () => {
  it('compare what the expressions say, on rows and on events, with indexes in use', async () => {
    const { table } = await inspect(
      `${id}, first text, "Last" text, region text, cents int`,
      `${id}, name text, price numeric(12,2), closed bool not null default false`,
      {
        columns: columns(derived('name', sql(`first || ' ' || "Last" -- both`, 'first', 'Last'), 'name'), {
          from: 'cents',
          to: 'cents',
          toSql: sql('price * 100', 'price'),
          compare: 'semantic',
        }),
        filter: { source: sql(`region = 'eu'`, 'region'), target: sql('not closed', 'closed') },
      },
    );
    await mapped.source.query(
      `insert into ${table.id} values (1, 'A', 'B', 'eu', 150), (2, 'C', 'D', 'us', 1), (3, 'E', null, 'eu', 2), (4, 'F', 'G', 'eu', 5)`,
    );
    await mapped.target.query(
      `insert into ${table.id} values (1, 'A B', 1.5, false), (2, 'x', 1, true), (3, null, 0.02, false), (4, 'F  G', 0.05, false)`,
    );
    for (const hashing of ['chosen', 'sha256'] as const) {
      const readers = mapped.readers(table, hashing);
      const same = await sameRows(readers, 4);
      expect(same.map(({ tokens }) => tokens)).toEqual([true, true, true, false]);
      expect(same.map(({ digest }) => digest)).toEqual([true, true, true, false]);
      expect(same.map(({ hash }) => hash)).toEqual([true, true, true, false]);
      const row = (await readers.keys.read('source', ['1', '2'])).rows;
      expect(row.get('2')).toBeUndefined();
      const image = (region: string, last: string | null) =>
        JSON.stringify({ first: 'A', Last: last, region, cents: '150' });
      expect(
        await readers.keys.images('source', [image('eu', 'B'), image('us', 'B'), '{"first":"A"}', image('eu', 'C')]),
      ).toEqual([row.get('1'), null, 'unavailable', { copies: 1, texts: ['A C', '150'], tokens: ['A C', '150'] }]);
    }
    const plan = await planTable(table, mapped.databases.source, mapped.databases.target);
    const { rows } = await mapped.source.query(
      `explain select * from ${tableOf(plan.source)} where t.id >= 3 and t.id < 4 and set_config('enable_seqscan', 'off', false) = 'off'`,
    );
    expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toMatch(/Index Scan|Bitmap Index Scan/);
  });

  it.each<[string, SqlExpression, RegExp, RegExp]>([
    ['a volatile function', sql('x * random()', 'x'), /volatile/, /immutable/],
    ['the clock', sql(`x + extract(year from now())`, 'x'), /the time or the session \(now\)/, /columns and constants/],
    ['the date', sql('current_date - x', 'x'), /CURRENT_DATE/, /columns and constants/],
    ['the clock in a literal', sql(`x || 'now'::timestamptz::text`, 'x'), /'now'/, /columns and constants/],
    ['a setting', sql(`x || current_setting('TimeZone')`, 'x'), /current_setting/, /columns and constants/],
    ['a parameter', sql('x + $1', 'x'), /parameter/, /takes no parameters/],
    ['a column that is not listed', sql('x + y', 'x'), /column "y" does not exist/, /list every column/],
    ['two values', sql('x, y', 'x', 'y'), /is not valid/, /one SQL expression/],
    ['a way out of its brackets', sql('x) from (select 1 as x) y, (select 2', 'x'), /is not valid|several rows/, /./],
    ['an aggregate', sql('max(x)', 'x'), /groups or returns several rows/, /without a subquery/],
    ['rows', sql('generate_series(1, x)', 'x'), /several rows/, /immutable/],
    ['another table', sql('(select max(relpages) from pg_class) + x', 'x'), /volatile, or reads/, /without a subquery/],
    ['nonsense', sql('x +', 'x'), /syntax error/, /one SQL expression/],
  ])('refuse %s', async (_, expression, why, fix) => {
    const look = await inspect(`${id}, x int, y int`, `${id}, z int`, { columns: [derived('z', expression, 'z')] });
    await expect(look.inspect()).rejects.toMatchObject({
      code: 'bad_config',
      message: expect.stringMatching(why),
      fix: expect.stringMatching(fix),
    });
  });

  it('take a type change of their own for meant', async () => {
    const look = await inspect(`${id}, at timestamptz`, `${id}, day date`, {
      columns: [derived('day', sql(`(at at time zone 'Europe/Berlin')::date`, 'at'), 'day')],
      ignore: ['at'],
    });
    expect((await look.inspect()).findings).toEqual([]);
  });
});

describe('what is said of a pair of columns', () => {
  const semantic = 'semantic' as const;
  it.each<[string, string, ColumnMapping['compare'], 'refused' | 'flagged', RegExp]>([
    ['timestamptz', 'date', semantic, 'refused', /date keeps no time of day/],
    ['timestamptz', 'timestamp', semantic, 'refused', /write one instant in two ways/],
    ['timestamptz', 'timestamp', 'microseconds', 'flagged', /time zone is dropped/],
    ['timestamp', 'timestamp(3)', semantic, 'flagged', /fractions of a second/],
    ['numeric(12,2)', 'float8', semantic, 'flagged', /binary/],
    ['numeric(12,4)', 'numeric(12,2)', semantic, 'flagged', /digits are lost/],
    ['numeric', 'numeric(12,2)', semantic, 'flagged', /digits are lost/],
    ['numeric(12,2)', 'numeric(14,4)', 'exact', 'flagged', /1\.5 and 1\.50 differ/],
    ['int8', 'int4', semantic, 'flagged', /digits are lost/],
    ['int8', 'float8', semantic, 'flagged', /digits are lost/],
    ['float8', 'float4', semantic, 'flagged', /digits are lost/],
    ['text', 'varchar(20)', semantic, 'flagged', /longer texts/],
    ['varchar(30)', 'varchar(20)', semantic, 'flagged', /longer texts/],
    ['char(5)', 'text', semantic, 'flagged', /padding/],
    ['text', 'int4', semantic, 'flagged', /written as PostgreSQL writes/],
    ['json', 'jsonb', 'exact', 'refused', /layout/],
    ['numeric[]', 'numeric[]', semantic, 'flagged', /elements/],
    ['bool', 'int4', semantic, 'refused', /no common form/],
    ['uuid', 'int8', semantic, 'refused', /no common form/],
    ['int4[]', 'text[]', semantic, 'refused', /no common form/],
    ['regclass', 'regclass', semantic, 'refused', /their own database only/],
    ['xid', 'xid', semantic, 'refused', /their own database only/],
    ['point', 'point', semantic, 'flagged', /by their text/],
  ])('%s to %s, %s: %s', async (source, target, compare, severity, reason) => {
    const look = await inspect(`${id}, x ${source}`, `${id}, x ${target}`, {
      columns: [{ from: 'x', to: 'x', compare }],
    });
    const { findings, plan } = await look.inspect();
    expect(findings).toEqual([
      { column: 'x', severity, reason: expect.stringMatching(reason), fix: expect.stringMatching(/\w/) },
    ]);
    expect(plan === null).toBe(severity === 'refused');
    const planned = planTable(look.table, mapped.databases.source, mapped.databases.target);
    if (severity === 'refused') await expect(planned).rejects.toThrow(/x can't be compared: /);
    else await expect(planned).resolves.toMatchObject({ hashing: { mode: 'native' } });
  });

  it.each<[string, string]>([
    ['int4', 'int8'],
    ['int4', 'float8'],
    ['int8', 'numeric'],
    ['numeric(12,2)', 'numeric(14,4)'],
    ['varchar(20)', 'text'],
    ['varchar(20)', 'varchar(20)'],
    ['float4', 'float8'],
    ['timestamp(3)', 'timestamp'],
    ['uuid', 'text'],
    ['json', 'jsonb'],
  ])('nothing of %s to %s', async (source, target) => {
    const look = await inspect(`${id}, x ${source}`, `${id}, x ${target}`, { columns: columns('x') });
    expect((await look.inspect()).findings).toEqual([]);
  });
});

describe('what is said of a table', () => {
  it('names source columns that are neither mapped nor ignored, and ignored ones that are not there', async () => {
    const look = await inspect(`${id}, x int, note text, old text`, `${id}, x int`, {
      columns: columns('x'),
      ignore: ['old', 'gone'],
    });
    const { findings } = await look.inspect();
    expect(findings.map(({ column, reason }) => `${column}: ${reason}`)).toEqual([
      'note: it is not compared',
      expect.stringMatching(/^gone: it is ignored, and public\.mapped_\d+ has no such column/),
    ]);
  });

  it.each<[string, string, string, 'refused' | 'flagged', RegExp]>([
    ['a source without a unique key', 'id bigint not null, x int', `${id}, x int`, 'refused', /of the source/],
    [
      'a unique key of part of the rows',
      'id bigint not null, x int, unique (id, x)',
      `${id}, x int`,
      'refused',
      /unique/,
    ],
    ['a target without a unique key', `${id}, x int`, 'id bigint not null, x int', 'flagged', /of the target/],
    [
      'a key in another order than its index',
      'id text collate "unicode" primary key, x int',
      'id text primary key, x int',
      'flagged',
      /scan of the whole table/,
    ],
  ])('%s', async (_, source, target, severity, reason) => {
    const look = await inspect(source, target, { columns: columns('x') });
    expect((await look.inspect()).findings).toContainEqual(
      expect.objectContaining({ severity, reason: expect.stringMatching(reason), fix: expect.stringMatching(/\w/) }),
    );
  });

  it('chooses native hashes on equal majors and says why; sha256 when told', async () => {
    const { table, inspect: look } = await inspect(`${id}, x int`, `${id}, x int`, { columns: columns('x') });
    expect((await look()).plan?.hashing).toEqual({
      mode: 'native',
      why: expect.stringMatching(/both sides are PostgreSQL \d+/),
    });
    const { source, target } = mapped.databases;
    expect((await planTable(table, source, target, { hashing: 'sha256' })).hashing.mode).toBe('sha256');
  });
});
