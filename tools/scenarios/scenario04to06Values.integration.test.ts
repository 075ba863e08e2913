import { describe, expect, it } from 'vitest';
import { startRigBanyan } from '../verifyRig/rigBanyan.ts';
import type { RigTable } from '../verifyRig/rigTable.ts';
import type { VerifyRig } from '../verifyRig/verifyRig.ts';
import { scenarioEstate } from './scenarioEstate.ts';

const estate = scenarioEstate('embedded');

/** A composite key, of which the text compares by a language's rules on both sides, and values that rivals mix up. */
const PRODUCT: RigTable = {
  source: 'product',
  target: 'product_copy',
  key: ['region', 'id'],
  columns: {
    region: 'text collate "en-x-icu"',
    id: 'bigint',
    a: 'text',
    b: 'text',
    at: 'timestamptz',
    amount: 'numeric',
  },
};

const FILL = `insert into product
  select (array['a', 'B', 'ä', 'Z'])[1 + i % 4], i - 40, 'x' || i, 'y' || i,
    timestamptz '2026-03-29 00:30+00' + i * interval '5 minutes', i / 4.0 from generate_series(1, 400) i;
  insert into product (region, id, a, b) values
    ('N', 1, null, ''), ('N', 2, '', null), ('N', 3, 'NULL', '<null>'), ('N', 4, '<null>', 'NULL'), ('N', 5, null, null),
    ('N', 6, 'x0', 'y'), ('N', 7, 'x', '0y'), ('N', 8, 'a|b', 'c'), ('N', 9, 'a', 'b|c'),
    ('N', 10, 's1', 't1'), ('N', 11, 's2', 't2'),
    ('~', -9223372036854775808, 'least', null), ('~', 9223372036854775807, 'greatest', null), ('', 0, 'empty', null)`;

/** Each is wrong to a person, and equal to some tool. */
const CORRUPTIONS: readonly (readonly [name: string, sql: string, keys: readonly (readonly [string, string])[]])[] = [
  ['ten minutes on four times', shift("interval '10 minutes'", [300, 304, 308, 312]), keysOf([300, 304, 308, 312])],
  ['seven hours on an even number of times', shift("interval '7 hours'", [320, 324]), keysOf([320, 324])],
  [
    'one column swapped between two rows',
    `update product_copy set a = case id when 10 then 's2' else 's1' end
     where region = 'N' and id in (10, 11)`,
    [
      ['N', '10'],
      ['N', '11'],
    ],
  ],
  [
    'a pair of rows twice',
    `insert into product_copy (region, id, a, b) values ('N', 110, 'dup', 'dup'), ('N', 111, 'dup', 'dup')`,
    [
      ['N', '110'],
      ['N', '111'],
    ],
  ],
  ['NULL for an empty text', `update product_copy set b = null where region = 'N' and id = 1`, [['N', '1']]],
  ['NULLs in another order', `update product_copy set a = b, b = a where region = 'N' and id = 2`, [['N', '2']]],
  ['NULL for its name', `update product_copy set a = null where region = 'N' and id = 4`, [['N', '4']]],
  [
    'the boundary of two columns moved',
    `update product_copy set a = 'x', b = '0y' where region = 'N' and id = 6`,
    [['N', '6']],
  ],
  ['the separator moved', `update product_copy set a = 'a', b = 'b|c' where region = 'N' and id = 8`, [['N', '8']]],
  [
    'the first and the last key',
    `update product_copy set b = 'edge' where (region, id) in (('', 0), ('~', 9223372036854775807))`,
    [
      ['', '0'],
      ['~', '9223372036854775807'],
    ],
  ],
  [
    'rows below the least and above the greatest key',
    `insert into product_copy (region, id) values ('', -1), ('~~', 1)`,
    [
      ['', '-1'],
      ['~~', '1'],
    ],
  ],
];

/** Rows 300 and on of the fill whose number is a multiple of four have region a. */
function shift(by: string, rows: readonly number[]): string {
  return `update product_copy set at = at + ${by} where region = 'a' and id in (${rows.map((i) => i - 40).join(', ')})`;
}

function keysOf(rows: readonly number[]): readonly (readonly [string, string])[] {
  return rows.map((i) => ['a', String(i - 40)] as const);
}

/** Changes rows of regions that no corruption touches. */
function startWriter(rig: VerifyRig): void {
  let stopped = false;
  const running = (async () => {
    for (let i = 1; !stopped; i += 1) {
      await rig.source.pool.query(
        `update product set a = nullif($1 % 3, 0)::text, amount = amount + 0.10, at = clock_timestamp()
         where region in ('B', 'Z') and id % 37 = $1 % 37`,
        [i],
      );
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  estate.afterTest(async () => {
    stopped = true;
    await running;
  });
}

describe('scenarios 4, 5 and 6 through the whole pipeline', { timeout: 900_000 }, () => {
  it('values that others mix up are CLEAN while they are equal, and DIVERGED, exactly, once they are not', async () => {
    const rig = await estate.rig({ table: PRODUCT, rows: undefined, prepare: FILL });
    startWriter(rig);
    const banyan = await startRigBanyan(rig);
    estate.afterTest(() => banyan.stop());
    await banyan.verdicts.passes(2);
    expect(await banyan.verdicts.everDiverged()).toEqual({});
    expect(await banyan.verdicts.rowsCompared()).toBeGreaterThanOrEqual(2 * 414);

    const expected: Record<string, string> = {};
    for (const [, sql, keys] of CORRUPTIONS) {
      const { rowCount } = await rig.target.pool.query(sql);
      expect(rowCount).toBe(keys.length);
      for (const key of keys) expected[JSON.stringify(key)] = 'unknown';
    }
    await banyan.verdicts.becomes(expected);
    await banyan.verdicts.passes(1);
    expect(await banyan.verdicts.everDiverged()).toEqual(expected);
  });
});
