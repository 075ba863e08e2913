import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CanaryColumn, type CanaryRow, type PlannedCanary, planCanaries } from './canaryPlan.ts';

const row = (key: string, ...texts: (string | null)[]): CanaryRow => ({
  key,
  row: { texts, tokens: texts, copies: 1 },
});
const absent = (key: string): CanaryRow => ({ key, row: null });
const column = (name: string, at: number, more: Partial<CanaryColumn> = {}): CanaryColumn => ({
  ...{ name, at, nullable: false, integer: false },
  ...more,
});
const SKU = column('sku', 0);
const QUANTITY = column('quantity', 1, { integer: true });
const NOTE = column('note', 2, { nullable: true });
const ROWS = [1, 2, 3, 4, 5].map((n) => row(String(n), `sku-${n}`, String(n * 10), `note ${n}`));
const changesOf = (planned: readonly PlannedCanary[]) => planned.map(({ change }) => change).toSorted();

describe('what is done to canaries', () => {
  it('is one of each kind, then wrong values', () => {
    const planned = planCanaries({ columns: [SKU, QUANTITY, NOTE], copyable: true }, [...ROWS, absent('9')], 0);
    expect(changesOf(planned)).toEqual(['extra', 'missing', 'null_value', 'swapped', 'swapped', 'wrong_value']);
  });

  it.each<[string, readonly CanaryColumn[], boolean, readonly CanaryRow[], readonly string[]]>([
    ['no column takes NULL', [SKU], true, ROWS, ['missing', 'swapped', 'swapped', 'wrong_value', 'wrong_value']],
    ['a copy would break a unique index', [NOTE], false, [...ROWS.slice(0, 2), absent('9')], ['swapped', 'swapped']],
    ['one row', [QUANTITY], true, ROWS.slice(0, 1), ['missing']],
    ['no row at all', [QUANTITY], true, [absent('9')], []],
    ['no column that may be changed', [], true, ROWS, ['missing']],
    ['no two rows differ', [SKU], true, [row('1', 'a'), row('2', 'a')], ['missing']],
    [
      'values that differ in their text alone',
      [SKU],
      true,
      ['1.5', '1.50', '1.500'].map((text, i) => ({ key: `${i}`, row: { texts: [text], tokens: ['1.5'], copies: 1 } })),
      ['missing'],
    ],
  ])('%s', (_, columns, copyable, rows, changes) => {
    expect(changesOf(planCanaries({ columns, copyable }, rows, 0))).toEqual(changes);
  });

  it.each([
    ['10', '9'],
    ['1', '0'],
    ['0', '1'],
    ['-5', '-4'],
    ['9223372036854775807', '9223372036854775806'],
    ['-9223372036854775808', '-9223372036854775807'],
  ])('a whole number %s becomes its neighbour %s, within its type', (own, wrong) => {
    const rows = [row('1', own), row('2', own)];
    const planned = planCanaries({ columns: [column('n', 0, { integer: true })], copyable: true }, rows, 0);
    expect(planned).toContainEqual({ change: 'wrong_value', key: '2', column: 'n', value: wrong });
  });

  const text = fc.option(fc.constantFrom('a', 'b', 'c'), { nil: null });
  const canaries = fc
    .array(fc.option(fc.tuple(text, fc.bigInt({ min: -9n, max: 9n }), text), { nil: null }), { maxLength: 9 })
    .map((all) => all.map((one, i) => (one === null ? absent(`${i}`) : row(`${i}`, one[0], String(one[1]), one[2]))));
  const columns = [
    column('a', 0, { nullable: true }),
    column('n', 1, { integer: true }),
    column('b', 2, { nullable: true }),
  ];

  it('touches each row once at most, and makes each that it touches another', () => {
    fc.assert(
      fc.property(canaries, fc.nat(), fc.boolean(), (rows, turn, copyable) => {
        const planned = planCanaries({ columns, copyable }, rows, turn);
        expect(new Set(planned.map(({ key }) => key)).size).toBe(planned.length);
        for (const canary of planned) {
          const own = rows.find(({ key }) => key === canary.key)?.row ?? null;
          expect(own === null).toBe(canary.change === 'extra');
          if (canary.change === 'missing') continue;
          if (canary.change === 'extra') {
            expect(rows.find(({ key }) => key === canary.like)?.row).not.toBeNull();
            continue;
          }
          const at = columns.findIndex(({ name }) => name === canary.column);
          expect(own?.texts[at]).not.toBe(canary.value);
        }
      }),
    );
  });

  it('treats every row in time', () => {
    const seen = new Map<string, Set<string>>();
    for (let turn = 0; turn < 30; turn++) {
      for (const { key, change } of planCanaries({ columns: [SKU, QUANTITY, NOTE], copyable: true }, ROWS, turn)) {
        seen.set(key, (seen.get(key) ?? new Set()).add(change));
      }
    }
    for (const { key } of ROWS)
      expect([...(seen.get(key) ?? [])].toSorted()).toEqual(['missing', 'null_value', 'swapped', 'wrong_value']);
  });
});
