import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CauseRow, causesOf, causeText } from './causes.ts';

function row(key: string, quantity: readonly [string | null, string | null], over: Partial<CauseRow> = {}) {
  return {
    key,
    state: 'DIVERGED',
    kind: 'different',
    leg: 'apply',
    columns: ['quantity'],
    expected: { quantity: quantity[0] },
    found: { quantity: quantity[1] },
    reason: 'the event was passed, the row is not as it says',
    firstSeenAt: '2026-11-21T12:00:00.000Z',
    ...over,
  };
}

const told = (rows: readonly ReturnType<typeof row>[], hidden?: ReadonlySet<string>) =>
  causesOf(rows, hidden).map((cause) => [causeText(cause), cause.leg, cause.rows.map(({ key }) => key)]);

describe('causes', () => {
  it.each([
    [
      'the same delta is one cause, whatever the values',
      [row('1', ['40', '41']), row('2', ['7', '8']), row('3', ['0', '1'])],
      [['quantity +1', 'apply', ['1', '2', '3']]],
    ],
    [
      'another delta is another cause',
      [row('1', ['40', '41']), row('2', ['7', '8']), row('3', ['9', '4']), row('4', ['6', '1'])],
      [
        ['quantity +1', 'apply', ['1', '2']],
        ['quantity −5', 'apply', ['3', '4']],
      ],
    ],
    [
      'deltas of one row each are no causes, and stay together',
      [row('1', ['40', '41']), row('2', ['7', '8']), row('3', ['9', '4']), row('4', ['6', '99'])],
      [
        ['quantity +1', 'apply', ['1', '2']],
        ['quantity differs', 'apply', ['3', '4']],
      ],
    ],
    [
      'another leg is another cause',
      [row('1', ['40', '41']), row('2', ['7', '8'], { leg: 'rogue_write' })],
      [
        ['quantity differs', 'apply', ['1']],
        ['quantity differs', 'rogue_write', ['2']],
      ],
    ],
    [
      'a row in flight is never put with a proved one',
      [row('1', ['40', '41']), row('2', ['7', '8'], { state: 'PENDING' })],
      [
        ['quantity differs', 'apply', ['1']],
        ['quantity differs', 'apply', ['2']],
      ],
    ],
    [
      'the amount of one row alone is not told: found less a guess is the value',
      [row('1', ['0', '125000'])],
      [['quantity differs', 'apply', ['1']]],
    ],
    [
      'missing rows have no columns',
      [row('1', ['40', '41'], { kind: 'missing', columns: [], found: null })],
      [['no row at the target', 'apply', ['1']]],
    ],
    [
      'column names that contain commas are not mixed up',
      [
        row('1', ['1', '2'], { columns: ['a,b'], expected: { 'a,b': '1' }, found: { 'a,b': '2' } }),
        row('2', ['1', '2'], { columns: ['a', 'b'], expected: { a: '1', b: '1' }, found: { a: '2', b: '2' } }),
      ],
      [
        ['a,b differs', 'apply', ['1']],
        ['a differs, b differs', 'apply', ['2']],
      ],
    ],
  ])('%s', (_name, rows, expected) => expect(told(rows)).toEqual(expected));

  it('tells no difference of a column that is hidden', () => {
    expect(told([row('1', ['40', '41']), row('2', ['7', '9'])], new Set(['quantity']))).toEqual([
      ['quantity differs', 'apply', ['1', '2']],
    ]);
  });

  it('is as old as its oldest row and keeps its id when rows come and go', () => {
    const old = row('1', ['4', '5'], { firstSeenAt: '2026-11-21T09:00:00.000Z' });
    const before = causesOf([old, row('2', ['6', '7'])])[0];
    const after = causesOf([row('2', ['6', '7']), row('3', ['8', '9']), old])[0];
    expect(before?.firstSeenAt).toBe('2026-11-21T09:00:00.000Z');
    expect(after?.id).toBe(before?.id);
  });

  it('holds every row exactly once, the largest group first', () => {
    const any = fc
      .record({
        leg: fc.constantFrom('apply', 'capture'),
        state: fc.constantFrom('DIVERGED', 'PENDING'),
        from: fc.integer({ min: 0, max: 3 }).map(String),
        to: fc.option(fc.integer({ min: 0, max: 3 }).map(String)),
      })
      .map(({ leg, state, from, to }) => row('', [from, to], { leg, state }));
    fc.assert(
      fc.property(fc.array(any, { maxLength: 40 }), (rows) => {
        const numbered = rows.map((one, i) => ({ ...one, key: String(i) }));
        const causes = causesOf(numbered);
        expect(causes.flatMap((cause) => cause.rows.map(({ key }) => Number(key))).toSorted((a, b) => a - b)).toEqual(
          rows.map((_, i) => i),
        );
        expect(new Set(causes.map(({ id }) => id)).size).toBe(causes.length);
        const sizes = causes.map((cause) => cause.rows.length);
        expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
      }),
    );
  });
});
