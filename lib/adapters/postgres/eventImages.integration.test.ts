// Images of events under each setting of the capture compare equal to the rows that were written, or are unavailable.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestMapping } from '../../../tools/testMapping.ts';
import type { CaptureModes } from '../../core/migration/definition.ts';

let mapped: TestMapping;
beforeAll(async () => {
  mapped = await TestMapping.open('images');
  await mapped.source.query(`create type mood as enum ('calm', 'it''s "odd"')`);
  await mapped.target.query(`create type mood as enum ('calm', 'it''s "odd"')`);
});
afterAll(() => mapped.close());

const US = '(extract(epoch from x) * 1000000)::bigint';
const MS = '(extract(epoch from x) * 1000)::bigint';
const ISO = (type: string) => `replace(trim(trailing '0' from x::${type}::text), ' ', 'T') || 'Z'`;
const MOMENTS = ['2026-03-29 01:30:00.000001', '1969-12-31 23:59:59.999999', '0044-03-15 10:00 BC', '294246-01-01'];
const NUMBERS = ['0', '-19.90', '1234', '0.01', '-1234567890.12'];
const TEXTS = ['', 'null', 'NULL', `a'b"c\\d,{}`, 'é', 'e\u0301', '  '];

interface Case {
  readonly type: string;
  readonly values: readonly string[];
  /** SQL of what the event holds, over x; NULL for unavailable values. */
  readonly captured: string;
  readonly modes?: CaptureModes;
  /** True if nothing of it can be told. */
  readonly unavailable?: true;
}

const cases: readonly (readonly [string, Case])[] = [
  ['text', { type: 'text', values: TEXTS, captured: 'x' }],
  ['char(n)', { type: 'char(6)', values: ['a', '', ' b'], captured: 'rpad(x::text, 6)' }],
  ['enum', { type: 'mood', values: ['calm', `it's "odd"`], captured: 'x::text' }],
  ['uuid', { type: 'uuid', values: ['6f1b1f5e-0000-4000-8000-000000000001'], captured: 'x::text' }],
  ['int8', { type: 'int8', values: ['9223372036854775807', '-1', '9007199254740993'], captured: 'x::text' }],
  ['float8', { type: 'float8', values: ['0', '-0', '0.1', '1e300', 'NaN', '-Infinity'], captured: 'x::text' }],
  ['float4', { type: 'float4', values: ['0.1', '16777217', '1e-40'], captured: 'x::text' }],
  ['decimals, string', { type: 'numeric(12,2)', values: NUMBERS, captured: 'x::text', modes: { decimal: 'string' } }],
  ['decimals, no setting', { type: 'numeric(12,2)', values: NUMBERS, captured: 'x::text' }],
  [
    'decimals, double',
    { type: 'numeric(12,2)', values: NUMBERS, captured: 'x::float8::text', modes: { decimal: 'double' } },
  ],
  [
    'decimals, precise',
    {
      type: 'numeric(12,2)',
      values: NUMBERS,
      captured: `encode(int8send((x * 100)::int8), 'base64')`,
      modes: { decimal: 'precise' },
    },
  ],
  [
    'decimals without a scale, precise',
    {
      type: 'numeric',
      values: ['1.5', '-3', '100'],
      captured: `format('{"scale":%s,"value":"%s"}', scale(x), encode(int8send((x * 10 ^ scale(x))::int8), 'base64'))`,
      modes: { decimal: 'precise' },
    },
  ],
  [
    'bytes, base64',
    {
      type: 'bytea',
      values: ['\\x', '\\x00ff', '\\x69b71d'],
      captured: `encode(x, 'base64')`,
      modes: { binary: 'bytes' },
    },
  ],
  [
    'bytes, hex',
    { type: 'bytea', values: ['\\x', '\\x00ff', '\\x69b71d'], captured: `encode(x, 'hex')`, modes: { binary: 'hex' } },
  ],
  [
    'days',
    {
      type: 'date',
      values: ['2026-03-29', '0044-03-15 BC', '5874897-12-31', '4713-01-01 BC'],
      captured: `(x - date '1970-01-01')::text`,
    },
  ],
  [
    'timestamp, microseconds',
    { type: 'timestamp', values: MOMENTS, captured: `${US}::text`, modes: { time: 'adaptive' } },
  ],
  [
    'timestamp, nanoseconds',
    { type: 'timestamp', values: MOMENTS.slice(0, 2), captured: `${US} || '000'`, modes: { time: 'nanoseconds' } },
  ],
  [
    'timestamp(3), milliseconds',
    { type: 'timestamp(3)', values: MOMENTS, captured: `${MS}::text`, modes: { time: 'connect' } },
  ],
  ['timestamp, ISO', { type: 'timestamp', values: MOMENTS.slice(0, 2), captured: ISO('timestamp') }],
  ['timestamp, no setting', { type: 'timestamp', values: MOMENTS, captured: `${US}::text`, unavailable: true }],
  [
    'timestamptz',
    {
      type: 'timestamptz',
      values: ['2026-03-29 01:30:00.000001+02', '0001-01-01Z'],
      captured: `to_char(x at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
    },
  ],
  [
    'time, microseconds',
    {
      type: 'time',
      values: ['00:00', '24:00', '12:34:56.789012'],
      captured: `${US}::text`,
      modes: { time: 'adaptive' },
    },
  ],
  [
    'time(3), milliseconds',
    { type: 'time(3)', values: ['00:00', '12:34:56.789'], captured: `${MS}::text`, modes: { time: 'adaptive' } },
  ],
  [
    'interval, string',
    {
      type: 'interval',
      values: ['1 mon 2 days 03:04:05.5', '-1 day', '30 days'],
      captured: `format('P%sY%sM%sDT%sH%sM%sS', extract(year from x), extract(month from x), extract(day from x), extract(hour from x), extract(minute from x), extract(second from x))`,
      modes: { interval: 'string' },
    },
  ],
  ['interval, number', { type: 'interval', values: ['1 mon'], captured: `'2629800000000'`, unavailable: true }],
  ['json', { type: 'json', values: ['{"b":1.50, "a":[null]}', 'null'], captured: 'x::text' }],
  ['jsonb', { type: 'jsonb', values: ['{"b":1.50, "a":[null]}', '"x"'], captured: 'x::text' }],
  ['texts', { type: 'text[]', values: ['{}', '{"a,b",NULL,"NULL","\\""}'], captured: 'to_json(x)::text' }],
  [
    'integers',
    { type: 'int4[]', values: ['{}', '{1,NULL}', '{{1},{2}}', '[0:1]={1,2}'], captured: 'to_json(x)::text' },
  ],
  ['int4range', { type: 'int4range', values: ['[1,3)', 'empty'], captured: 'x::text' }],
  ['inet', { type: 'inet', values: ['10.0.0.1', '10.0.0.1/8'], captured: 'x::text' }],
];

describe('an image is the row that was written', () => {
  it.each(cases)('%s', async (_, { type, values, captured, modes, unavailable }) => {
    const table = await mapped.table(`id bigint primary key, x ${type}`, `id bigint primary key, x ${type}`, {
      columns: [{ from: 'x', to: 'x', compare: 'semantic' }],
      ...(modes === undefined ? {} : { capture: modes }),
    });
    for (const client of [mapped.source, mapped.target]) {
      await client.query(
        `insert into ${table.id} select i, x::${type} from unnest($1::text[]) with ordinality u(x, i)`,
        [values],
      );
    }
    const { keys: reader } = mapped.readers(table, 'chosen');
    const keys = values.map((_value, i) => String(i + 1));
    await mapped.source.query(`set timezone = 'UTC'`);
    const { rows } = await mapped.source.query<{ x: string | null }>(
      `select ${captured} as x from ${table.id} order by id`,
    );
    const after = rows.map(({ x }) => JSON.stringify({ x }));
    for (const side of ['source', 'target'] as const) {
      const read = (await reader.read(side, keys)).rows;
      const images = await reader.images(side, after);
      for (const [i, image] of images.entries()) {
        if (unavailable) expect(image).toBe('unavailable');
        else expect(typeof image === 'string' ? image : image?.tokens).toEqual(read.get(keys[i] ?? '')?.tokens);
      }
    }
  });
});
