import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextChunkRows } from './chunkSize.ts';
import { differingKeys } from './keyHashDiff.ts';
import { cutRange } from './keyRange.ts';
import { keyText, keyValues } from './keyText.ts';
import { lsnText } from './lsnText.ts';
import { nearestName } from './nearestName.ts';
import { rangeDigest, sameDigest } from './rangeDigest.ts';
import { extendTxId, isVisible, parseSnapshot } from './snapshot.ts';
import { lookAt } from './standstill.ts';

describe('keyText', () => {
  it('is the value itself for one column and unambiguous for several', () => {
    expect(keyText(['10482'])).toBe('10482');
    expect(keyText(['x0', 'y'])).not.toBe(keyText(['x', '0y']));
  });
  it('comes back as the same values', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1, maxLength: 4 }), (values) => {
        expect(keyValues(keyText(values), values.length)).toEqual(values);
      }),
    );
  });
  it('refuses a text with another number of columns', () => expect(() => keyValues('["a"]', 2)).toThrow(TypeError));
});

describe('cutRange', () => {
  it('covers the range without gap or overlap', () => {
    expect(cutRange({ lo: null, hi: ['9'] }, [['3'], ['6']])).toEqual([
      { lo: null, hi: ['3'] },
      { lo: ['3'], hi: ['6'] },
      { lo: ['6'], hi: ['9'] },
    ]);
    expect(cutRange({ lo: null, hi: null }, [])).toEqual([{ lo: null, hi: null }]);
  });
});

describe('rangeDigest', () => {
  it('reduces exact sums modulo 2^64, negative ones too', () => {
    expect(rangeDigest('2', '18446744073709551617', '-1')).toEqual({ rows: 2n, sum1: 1n, sum2: 18446744073709551615n });
    expect(rangeDigest('0', null, null)).toEqual({ rows: 0n, sum1: 0n, sum2: 0n });
  });
  it('differs in each of its parts', () => {
    const digest = rangeDigest('2', '3', '4');
    expect(sameDigest(digest, { ...digest })).toBe(true);
    for (const part of ['rows', 'sum1', 'sum2'] as const)
      expect(sameDigest(digest, { ...digest, [part]: 9n })).toBe(false);
  });
});

describe('differingKeys', () => {
  it('names changed, missing, extra and repeated rows, and no other', () => {
    const source = [
      ['1', 'a'],
      ['2', 'b'],
      ['3', 'c'],
      ['4', 'd'],
    ].map(([key = '', hash = '']) => ({ key, hash }));
    const target = [
      ['1', 'a'],
      ['2', 'x'],
      ['4', 'd'],
      ['4', 'd'],
      ['5', 'e'],
    ].map(([key = '', hash = '']) => ({ key, hash }));
    expect(differingKeys(source, target)).toEqual(['2', '3', '4', '5']);
  });
});

describe('a snapshot', () => {
  const snapshot = parseSnapshot('730:735:731,733');
  it.each([
    [729n, true],
    [730n, true],
    [731n, false],
    [732n, true],
    [733n, false],
    [735n, false],
  ])('sees transaction %s: %s', (txId, seen) => expect(isVisible(txId, snapshot)).toBe(seen));
  it('refuses another text', () => expect(() => parseSnapshot('730:735')).toThrow(SyntaxError));
  it('extends a 32-bit transaction id to the nearest of its epoch', () => {
    const epoch = 1n << 32n;
    const near = (txId: bigint, xmax: bigint) => extendTxId(txId, parseSnapshot(`${xmax}:${xmax}:`));
    expect(near(5n, 3n * epoch + 10n)).toBe(3n * epoch + 5n);
    expect(near(epoch - 1n, 3n * epoch + 10n)).toBe(3n * epoch - 1n);
    expect(near(3n, 3n * epoch - 5n)).toBe(3n * epoch + 3n);
    expect(near(epoch - 1n, 10n)).toBe(epoch - 1n);
  });
});

describe('a standstill', () => {
  it('counts only while something waits and the position does not move', () => {
    const first = lookAt(undefined, 5n, 7n, 1_000);
    expect(lookAt(first, 5n, 9n, 2_000).sinceMs).toBe(1_000);
    expect(lookAt(first, 6n, 9n, 2_000).sinceMs).toBe(2_000);
    expect(lookAt(first, 5n, 5n, 2_000).sinceMs).toBe(2_000);
  });
});

it('chunks grow and shrink towards the time aimed at, within limits', () => {
  const limits = { minRows: 100, maxRows: 10_000, aimMs: 500 };
  expect(nextChunkRows(1_000, 250, limits)).toBe(2_000);
  expect(nextChunkRows(1_000, 1, limits)).toBe(4_000);
  expect(nextChunkRows(1_000, 1_000, limits)).toBe(500);
  expect(nextChunkRows(200, 60_000, limits)).toBe(100);
  expect(nextChunkRows(9_000, 10, limits)).toBe(10_000);
});

it('names the nearest name, or none', () => {
  expect(nearestName('public.inventoryx', ['public.orders', 'public.inventory'])).toBe('public.inventory');
  expect(nearestName('public.inventoryx', ['public.orders'])).toBe(null);
});

it('writes a log position as PostgreSQL does', () => {
  expect(lsnText(0x1a2f88n)).toBe('0/1A2F88');
  expect(lsnText((7n << 32n) + 0xabcn)).toBe('7/ABC');
});
