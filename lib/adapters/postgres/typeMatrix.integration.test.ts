// Every pair of types over random values: two values count as the same exactly if PostgreSQL, asked in another way,
// says that they are. The target's sessions run under odd settings; both ways of hashing are tried.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sameRows, TestMapping } from '../../../tools/testMapping.ts';
import type { ColumnMapping } from '../../core/migration/definition.ts';

let mapped: TestMapping;
beforeAll(async () => {
  mapped = await TestMapping.open('types');
  for (const side of [mapped.source, mapped.target]) {
    await side.query(`create type mood as enum ('calm', 'Calm', 'angry'); create domain price as numeric(12,2);
      create collation loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false)`);
  }
});
afterAll(() => mapped.close());

const pick = (...texts: string[]) => fc.constantFrom(...texts);
const either = fc.oneof;
const scaled = fc
  .tuple(fc.integer({ min: -20, max: 20 }), fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 3 }))
  .map(([whole, part, zeros]) => `${whole}.${part}${'0'.repeat(zeros)}`);
const integers = fc.integer({ min: -9, max: 9 }).map(String);
const long = pick(
  '4294967295',
  '4294967296',
  '9007199254740992',
  '9007199254740993',
  '9223372036854775807',
  '-9223372036854775808',
);
const doubles = either(
  fc.double().map((v) => (Object.is(v, -0) ? '-0' : String(v))),
  pick('0', '-0', '0.1', '0.10000000000000002', '0.30000000000000004', '0.3', 'NaN', 'Infinity', '-Infinity', '1e308'),
);
const texts = either(
  fc.string({ unit: 'binary', maxLength: 6 }).filter((text) => !text.includes('\0')),
  pick('', 'NULL', '<null>', 'é', 'e\u0301', 'É', 'a', 'A', 'ß', '\\', "'", '"', '{}', '1.50', '1.5'),
);
const padded = pick('', ' ', 'a', 'a ', 'a  ', ' a', 'A', 'b', 'b\t');
const dates = either(
  fc.integer({ min: -5, max: 5 }).map((day) => new Date(Date.UTC(2026, 2, 29 + day)).toISOString().slice(0, 10)),
  pick('infinity', '-infinity', '0044-03-15 BC', '0044-03-15', '4713-01-01 BC', '5874897-12-31', '0001-12-31 BC'),
);
const zones = ['UTC', 'Europe/Berlin', 'America/New_York', '+05:45'];
/** Around the hour that Berlin skips and the one that it has twice, in microseconds that float8 would lose. */
const instants = either(
  fc
    .tuple(
      fc.constantFrom('2026-03-29 01:30', '2026-03-29 02:30', '2026-10-25 02:30', '2026-10-25 01:30'),
      pick('', ':00', ':00.000001', ':59.999999'),
      fc.constantFrom(...zones),
    )
    .map((parts) => `${parts[0]}${parts[1]} ${parts[2]}`),
  pick('infinity', '-infinity', '0044-03-15 10:00 BC UTC', '0044-03-15 10:00 UTC', '294276-12-31 23:59:59.999999 UTC'),
);
const moments = either(
  instants.map((text) => text.replace(/ (UTC|Europe\/Berlin|America\/New_York|\+05:45)$/, '')),
  pick('4713-01-01 00:00 BC', '2026-03-29 00:30', '2026-10-25 00:30:00.000001'),
);
const intervals = pick(
  ...['1 mon', '30 days', '720:00:00', '1 day', '24:00:00', '1 day -24:00:00', '0', '1 year', '12 mons', '360 days'],
  ...['-1 mon 30 days', '00:00:00.000001', '178000000 years', '-178000000 years', 'infinity', '-infinity'],
);
const numbersInJson = [
  '1',
  '-1',
  '-1.0',
  '1.0',
  '1.00',
  '100',
  '1e2',
  '0.1',
  '0.10',
  '1.05',
  '1.050',
  '10',
  '-0',
  '0',
  '0.000',
];
const stringsInJson = ['"1.00"', '"1.0"', '"a\\"1.00"', '"a\\"1.0"', '"\\\\"', '"\\\\",1.00', '"é"', '""'];
const scalarsInJson = fc.constantFrom(
  ...numbersInJson,
  ...stringsInJson.filter((text) => !text.includes('",')),
  'null',
);
const json = either(
  fc.tuple(scalarsInJson, scalarsInJson, fc.boolean()).map(([a, b, swapped]) => {
    return swapped ? `{"b": ${b}, "a":${a}}` : `{"a":${a},"b":${b}}`;
  }),
  fc.tuple(scalarsInJson, scalarsInJson).map(([a, b]) => `[${a}, {"c":[${b}]}]`),
  scalarsInJson,
  pick('[]', '{}', '[[]]', '[[[1]]]', '[1]', '{"a":[]}', '{"a":{}}'),
);
const hex = either(
  fc.uint8Array({ maxLength: 4 }).map((raw) => `\\x${Buffer.from(raw).toString('hex')}`),
  pick('\\x', '\\x00', '\\x0000', '\\x5c'),
);
const uuids = pick(
  '6f1b1f5e-0000-4000-8000-000000000001',
  '6F1B1F5E-0000-4000-8000-000000000001',
  '6f1b1f5e000040008000000000000002',
);
const textArrays = pick(
  '{}',
  '{a,b}',
  '{"a,b"}',
  '{NULL}',
  '{"NULL"}',
  '{""}',
  '{{a},{b}}',
  '{"a\\"b"}',
  '{"{}"}',
  '{a,B}',
);
const numberArrays = pick('{}', '{1,2}', '{1,3}', '{NULL}', '{{1},{2}}', '{{1,2}}', '{9007199254740993}');

interface Case {
  readonly source: string;
  readonly target?: string;
  readonly compare?: ColumnMapping['compare'];
  readonly values: fc.Arbitrary<string>;
  readonly targetValues?: fc.Arbitrary<string>;
  /** SQL over a and b, both not null: that they are the same. */
  readonly same: string;
  /** True if digests of the same values may differ, which costs a look; those of others never agree. */
  readonly looseDigest?: boolean;
}

const native = (source: string, values: fc.Arbitrary<string>, compare?: ColumnMapping['compare']): Case => ({
  source,
  values,
  same: compare === 'exact' ? 'a::text collate "C" = b::text collate "C"' : 'a = b',
  ...(compare === undefined ? {} : { compare }),
});
const bytes = 'a::text collate "C" = b::text collate "C"';

const cases: readonly Case[] = [
  native('bool', pick('true', 'false')),
  native('int4', integers),
  native('int8', either(integers, long)),
  { source: 'int4', target: 'int8', values: integers, same: 'a = b' },
  { source: 'int2', target: 'numeric', values: integers, targetValues: either(integers, scaled), same: 'a = b' },
  native('numeric', either(scaled, pick('NaN', 'Infinity', '-Infinity', '1e40', '1e-40', '0.0'))),
  native('numeric', scaled, 'exact'),
  native('numeric(12,2)', scaled),
  native('numeric(12,2)', scaled, 'exact'),
  { source: 'numeric(12,2)', target: 'numeric(14,4)', values: scaled, same: 'a = b' },
  { source: 'price', target: 'numeric', values: scaled, same: 'a = b' },
  native('float8', doubles),
  native('float8', doubles, 'exact'),
  native('float4', fc.float().map(String)),
  { source: 'float4', target: 'float8', values: fc.float().map(String), same: 'a::float8 = b' },
  {
    source: 'numeric',
    target: 'float8',
    values: either(scaled, pick('0.30000000000000004')),
    targetValues: doubles,
    same: 'a = b::text::numeric',
  },
  {
    source: 'int8',
    target: 'float8',
    values: either(integers, long),
    targetValues: either(integers, long),
    same: 'a::numeric = b::text::numeric',
  },
  native('text', texts, 'exact'),
  { ...native('text', texts), same: bytes },
  { source: 'text', target: 'text collate loose', values: texts, same: bytes },
  { source: 'text collate loose', target: 'text collate loose', values: texts, same: bytes },
  { source: 'varchar(20)', target: 'text', values: texts, same: bytes },
  native('char(6)', padded),
  native('char(6)', padded, 'exact'),
  { source: 'char(6)', target: 'char(9)', values: padded, same: 'a = b' },
  { source: 'char(6)', target: 'text', values: padded, same: `rtrim(a::text) = rtrim(b, ' ')` },
  { source: 'char(3)', target: 'text', compare: 'exact', values: padded, same: `rpad(a::text, 3) = b` },
  {
    source: 'int4',
    target: 'text',
    values: integers,
    targetValues: either(integers, pick('007', '1.0')),
    same: 'a::text = b',
  },
  native('mood', pick('calm', 'Calm', 'angry')),
  { source: 'mood', target: 'text', values: pick('calm', 'Calm', 'angry'), same: 'a::text = b' },
  native('uuid', uuids),
  native('date', dates),
  native('timestamp', moments),
  native('timestamptz', instants),
  {
    source: 'timestamptz',
    target: 'timestamp',
    compare: 'microseconds',
    values: instants,
    targetValues: moments,
    same: `a = b at time zone 'UTC'`,
  },
  {
    source: 'timestamp',
    target: 'timestamptz',
    compare: 'microseconds',
    values: moments,
    targetValues: instants,
    same: `a at time zone 'UTC' = b`,
  },
  {
    source: 'date',
    target: 'timestamp',
    compare: 'microseconds',
    values: pick('2026-03-29', '0044-03-15 BC', 'infinity'),
    targetValues: pick('2026-03-29', '2026-03-29 00:00:01', '0044-03-15 BC', 'infinity'),
    same: 'a = b',
  },
  native('time', pick('00:00', '24:00', '12:00:00.000001', '12:00')),
  native('timetz', pick('10:00+00', '11:00+01', '10:00:00+00', '24:00+00')),
  native('interval', intervals),
  native('interval', intervals, 'exact'),
  native('bytea', hex),
  { ...native('jsonb', json), looseDigest: true },
  native('jsonb', json, 'exact'),
  { source: 'json', target: 'json', values: json, same: 'a::jsonb = b::jsonb', looseDigest: true },
  { source: 'json', target: 'jsonb', values: json, same: 'a::jsonb = b', looseDigest: true },
  native('json', json, 'exact'),
  native('text[]', textArrays),
  native('int8[]', numberArrays),
  { source: 'int4[]', target: 'int8[]', values: pick('{1,2}', '{2}', '{}', '{{1},{2}}'), same: 'a::int8[] = b' },
  native('inet', pick('10.0.0.1', '10.0.0.1/32', '10.0.0.1/8', '::1')),
  native('bit(4)', pick('0000', '0001', '1000')),
  native('int4range', pick('[1,3)', '[1,2]', '(0,2]', 'empty', '(,)')),
];

const nameOf = ({ source, target, compare }: Case) => `${source} and ${target ?? source}, ${compare ?? 'semantic'}`;

describe('two values are the same exactly if the mapped values are equal', () => {
  it.each(cases.map((one) => [nameOf(one), one] as const))('%s', async (_, one) => {
    const { source, target = source, compare = 'semantic' } = one;
    const columns = (type: string) => `id bigint primary key, x ${type}`;
    const mapping = await mapped.table(columns(source), columns(target), {
      columns: [{ from: 'x', to: 'x', compare }],
    });
    const readers = [mapped.readers(mapping, 'chosen'), mapped.readers(mapping, 'sha256')];
    const [bare, targetBare] = [source, target].map((type) => type.replace(/ collate .*/, ''));
    const judged = `select case when a is null or b is null then a is null and b is null else ${one.same} end as same
      from (select x::${bare} as a, y::${targetBare} as b
            from unnest($1::text[], $2::text[]) with ordinality u(x, y, i) order by i) p`;
    const counts = { same: 0, different: 0 };
    const value = fc.option(one.values, { freq: 12 });
    const other = fc.option(one.targetValues ?? one.values, { freq: 12 });
    const pairs = either(
      fc.tuple(value, other),
      ...(one.targetValues === undefined ? [value.map((v): [string | null, string | null] => [v, v])] : []),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(pairs, { minLength: 60, maxLength: 90 }), async (rows) => {
        const sides = [rows.map(([a]) => a), rows.map(([, b]) => b)];
        for (const [i, client] of [mapped.source, mapped.target].entries()) {
          await client.query(`truncate ${mapping.id}`);
          await client.query(
            `insert into ${mapping.id} select i, x::${i === 0 ? bare : targetBare} from unnest($1::text[]) with ordinality u(x, i)`,
            [sides[i]],
          );
        }
        const { rows: expected } = await mapped.source.query<{ same: boolean }>(judged, sides);
        for (const reader of readers) {
          const found = await sameRows(reader, rows.length);
          const wrong = found.flatMap(({ digest, tokens, hash }, i) => {
            const { same } = expected[i] ?? { same: false };
            const digestFits = digest === same || (one.looseDigest === true && same);
            return digestFits && tokens === same && hash === same
              ? []
              : [{ pair: rows[i], same, digest, tokens, hash }];
          });
          expect(wrong).toEqual([]);
        }
        for (const { same } of expected) counts[same ? 'same' : 'different'] += 1;
      }),
      { numRuns: 3, endOnFailure: true },
    );
    expect(Math.min(counts.same, counts.different)).toBeGreaterThan(0);
  });
});
