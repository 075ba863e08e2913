import fc from 'fast-check';
import { expect, it } from 'vitest';
import { columnDifference } from './columnDifference.ts';

it.each([
  ['one too many', '40', '41', '+1'],
  ['one too few', '41', '40', '−1'],
  ['across zero', '-1', '1', '+2'],
  ['past 2^53', '9007199254740993', '9007199254740992', '−1'],
  ['cents', '19.90', '19.85', '−0.05'],
  ['scales that differ', '1.5', '2.25', '+0.75'],
  ['a whole amount of a decimal', '1.50', '2.50', '+1'],
  ['the same number in another text', '1.50', '1.5', '≠'],
  ['ten minutes', '2026-11-21 12:00:00+00', '2026-11-21 12:10:00+00', '+10 min'],
  ['seven hours across midnight', '2026-11-21T20:00:00Z', '2026-11-22T03:00:00Z', '+7 h'],
  ['one microsecond', '2026-11-21T12:00:00.120113Z', '2026-11-21T12:00:00.120112Z', '−1 µs'],
  ['zones are minded', '2026-11-21 12:00:00+00', '2026-11-21 12:00:00+0530', '−330 min'],
  ['the same instant in another zone', '2026-11-21 12:00:00+00', '2026-11-21 13:00:00+01', '≠'],
  ['a day that does not exist', '2026-13-45 12:00:00', '2026-11-21 12:00:00', '≠'],
  ['text', 'SKU-1', 'SKU-2', '≠'],
  ['a value lost', '40', null, 'NULL'],
  ['a value where none belongs', null, '40', 'not NULL'],
])('%s: from %s to %s is %s', (_name, expected, found, text) => expect(columnDifference(expected, found)).toBe(text));

it('is the exact difference of any two integers', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n }),
      fc.bigInt({ min: 1n, max: 2n ** 63n }),
      (a, delta) => {
        expect(columnDifference(String(a), String(a + delta))).toBe(`+${delta}`);
        expect(columnDifference(String(a + delta), String(a))).toBe(`−${delta}`);
      },
    ),
  );
});
