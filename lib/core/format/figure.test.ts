import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCount, formatFigure, formatMs, formatRatio, formatSpan } from './figure.ts';

describe('figures', () => {
  it.each([
    ['a count is grouped by thousands', formatCount(1_204_551), '1,204,551'],
    ['a negative count has a real minus sign', formatCount(-12), '−12'],
    ['a latency under a second is in milliseconds', formatMs(17.34), '17.3 ms'],
    ['a latency takes the scale of its limit', formatMs(410, 1000), '0.41 s'],
    ['a latency far past its limit keeps the scale', formatMs(12_345, 1000), '12.3 s'],
    ['a fraction of a millisecond is not zero', formatMs(0.6), '0.6 ms'],
    ['a success rate', formatRatio(0.986942), '98.69 %'],
    ['a success rate near one is not rounded to one', formatRatio(0.999997), '99.9997 %'],
    ['an error rate keeps two digits', formatRatio(0.00006), '0.006 %'],
    ['a tiny error rate has no exponent', formatRatio(0.000000012), '0.0000012 %'],
    ['no errors', formatRatio(0), '0 %'],
    ['all good', formatRatio(1), '100 %'],
    ['a count of divergences', formatFigure(17, 'count'), '17'],
    ['seconds', formatSpan(11_900), '11 s'],
    ['minutes and seconds', formatSpan(250_000), '4 min 10 s'],
    ['long minutes', formatSpan(38 * 60_000 + 9000), '38 min'],
    ['hours', formatSpan(2 * 3_600_000 + 300_000), '2 h 5 min'],
    ['days', formatSpan(76 * 3_600_000), '3 d 4 h'],
    ['a clock ahead is no time', formatSpan(-500), '0 s'],
  ])('%s', (_name, text, expected) => expect(text).toBe(expected));

  it('never shows a share below one as 100 %', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (ratio) => {
        expect(formatRatio(ratio)).not.toBe('100 %');
      }),
    );
  });
});
