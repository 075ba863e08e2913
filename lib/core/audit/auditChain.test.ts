import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHAIN_START, type ChainedRecord, chainHash, firstBrokenSeq } from './auditChain.ts';
import { canonicalJson } from './canonicalJson.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

function chainOf(count: number): ChainedRecord[] {
  const entries: ChainedRecord[] = [];
  for (let seq = 1; seq <= count; seq++) {
    const prevHash = entries.at(-1)?.hash ?? CHAIN_START;
    const record = {
      seq,
      at: '2026-11-21T12:00:00.000Z',
      principal: 'local-operator',
      action: 'stage.move',
      subject: `inventory/${seq}`,
      detail: { reason: 'ready' },
    };
    entries.push({ ...record, prevHash, hash: chainHash(prevHash, record, sha256) });
  }
  return entries;
}

describe('canonicalJson', () => {
  it.each([
    [
      'sorts keys at every depth',
      { b: 1, a: { d: [2, { z: null, y: 'x' }], c: true } },
      '{"a":{"c":true,"d":[2,{"y":"x","z":null}]},"b":1}',
    ],
    ['leaves undefined out', { a: undefined, b: 1 }, '{"b":1}'],
    ['keeps the shortest number', { a: 0.0001, b: 1e21, c: -0 }, '{"a":0.0001,"b":1e+21,"c":0}'],
    ['escapes as JSON does', 'a"\n', '"a\\"\\n"'],
  ])('%s', (_, value, text) => expect(canonicalJson(value)).toBe(text));

  it('refuses what JSON can not hold', () => expect(() => canonicalJson({ a: Number.NaN })).toThrow(RangeError));

  it('gives one text for one value, whatever the order of its keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.integer()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(value));
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});

describe('firstBrokenSeq', () => {
  it('finds a whole chain whole', () => {
    expect(firstBrokenSeq([], sha256)).toBeNull();
    expect(firstBrokenSeq(chainOf(5), sha256)).toBeNull();
  });

  it.each<[string, (entries: ChainedRecord[]) => ChainedRecord[], number]>([
    ['an edited detail', (entries) => entries.map((e) => (e.seq === 3 ? { ...e, detail: { reason: 'other' } } : e)), 3],
    ['a removed entry', (entries) => entries.filter((e) => e.seq !== 2), 2],
    ['two entries swapped', ([a, b, ...rest]) => (a && b ? [b, a, ...rest] : []), 1],
    [
      'an edit with its own hash mended',
      (entries) =>
        entries.map((e) => {
          if (e.seq !== 4) return e;
          const edited = { ...e, principal: 'somebody' };
          return { ...edited, hash: chainHash(e.prevHash, edited, sha256) };
        }),
      5,
    ],
  ])('names the first broken sequence: %s', (_, tamper, seq) => {
    expect(firstBrokenSeq(tamper(chainOf(5)), sha256)).toBe(seq);
  });
});
