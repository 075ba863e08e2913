import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addDecimal, formatDecimal, isApart, parseDecimal, ZERO } from './decimal.ts';

const decimal = (text: string) => parseDecimal(text) ?? expect.fail(`not a decimal: ${text}`);

describe('exact decimals', () => {
  it.each(['NaN', 'Infinity', '', '1e5', '1.', ' 1'])('reads no number in %j', (text) => {
    expect(parseDecimal(text)).toBeNull();
  });

  it.each([
    ['0.1', '0.2', '0.3'],
    ['9007199254740993', '0.5', '9007199254740993.5'],
    ['-1.50', '1.5', '0'],
    ['-0.05', '0', '-0.05'],
  ])('%s + %s = %s', (a, b, sum) => {
    expect(formatDecimal(addDecimal(decimal(a), decimal(b)))).toBe(sum);
  });

  it.each([
    ['10', '10.00', '0', false],
    ['10', '10.01', '0', true],
    ['10', '9', '1', false],
    ['10', '8.99', '1', true],
  ])('%s and %s with tolerance %s are apart: %s', (a, b, tolerance, apart) => {
    expect(isApart(decimal(a), decimal(b), decimal(tolerance))).toBe(apart);
  });

  it('adds and takes away without loss', () => {
    const any = fc.record({ units: fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), scale: fc.nat(12) });
    fc.assert(
      fc.property(any, any, (a, b) => {
        const back = addDecimal(addDecimal(a, b), b, -1);
        return !isApart(back, a, ZERO) && formatDecimal(decimal(formatDecimal(a))) === formatDecimal(a);
      }),
    );
  });
});
