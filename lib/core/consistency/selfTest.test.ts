import { describe, expect, it } from 'vitest';
import { type CanaryResult, selfTestSentence, tallyCanaries } from './selfTest.ts';

const found = (afterMs: number, more: Partial<NonNullable<CanaryResult['found']>> = {}) => ({
  ...{ afterMs, kind: 'different', leg: 'rogue_write', columns: ['quantity'] },
  ...more,
});
const wrong = (key: string, what: CanaryResult['found']): CanaryResult => ({
  ...{ key, change: 'wrong_value', columns: ['quantity'] },
  found: what,
});

describe('what a round measured', () => {
  it('nothing found: no time is made up', () => {
    expect(tallyCanaries([wrong('1', null)], true)).toEqual({
      ...{ planted: 1, found: 0, missed: 1, described: 0, legRight: 0 },
      ...{ p50Ms: null, p99Ms: null, maxMs: null },
    });
  });

  it('quantiles are times that were measured, by nearest rank', () => {
    const times = [900, 100, 300, 200].map((afterMs, i) => wrong(String(i), found(afterMs)));
    expect(tallyCanaries(times, true)).toMatchObject({ found: 4, p50Ms: 200, p99Ms: 900, maxMs: 900 });
    const many = Array.from({ length: 200 }, (_, i) => wrong(String(i), found(i + 1)));
    expect(tallyCanaries(many, true)).toMatchObject({ p50Ms: 100, p99Ms: 198, maxMs: 200 });
  });

  it.each<[string, CanaryResult, boolean, { described: number; legRight: number }]>([
    ['as planted', wrong('1', found(1)), true, { described: 1, legRight: 1 }],
    ['another kind', wrong('1', found(1, { kind: 'missing' })), true, { described: 0, legRight: 1 }],
    ['another column', wrong('1', found(1, { columns: ['sku'] })), true, { described: 0, legRight: 1 }],
    ['a column too many', wrong('1', found(1, { columns: ['quantity', 'sku'] })), true, { described: 0, legRight: 1 }],
    ['the applier is blamed', wrong('1', found(1, { leg: 'apply' })), true, { described: 1, legRight: 0 }],
    [
      'not known, though the hand could be seen',
      wrong('1', found(1, { leg: 'unknown' })),
      true,
      { described: 1, legRight: 0 },
    ],
    [
      'not known where the hand can not be seen',
      wrong('1', found(1, { leg: 'unknown' })),
      false,
      { described: 1, legRight: 1 },
    ],
    [
      'a row taken out',
      { key: '1', change: 'missing', columns: [], found: found(1, { kind: 'missing', columns: [] }) },
      true,
      { described: 1, legRight: 1 },
    ],
  ])('%s', (_, canary, writesSeen, expected) => {
    expect(tallyCanaries([canary], writesSeen)).toMatchObject(expected);
  });

  it.each<[string, readonly CanaryResult[], number, string]>([
    ['all found', [wrong('1', found(1800)), wrong('2', found(400))], 0, '2 of 2 canaries found, p99 1.8 s'],
    ['one missed', [wrong('1', found(1800)), wrong('2', null)], 0, '1 of 2 canaries found, p99 1.8 s'],
    ['none found', [wrong('1', null)], 0, '0 of 1 canary found'],
    ['another leg', [wrong('1', found(90, { leg: 'apply' }))], 0, '1 of 1 canary found, p99 90 ms, 1 with another leg'],
    ['another key', [wrong('1', found(90))], 1, '1 of 1 canary found, p99 90 ms, 1 other key named meanwhile'],
    [
      'described otherwise',
      [wrong('1', found(90, { kind: 'extra' }))],
      2,
      '1 of 1 canary found, p99 90 ms, 1 described otherwise than planted, 2 other keys named meanwhile',
    ],
  ])('in words: %s', (_, canaries, others, sentence) => {
    expect(selfTestSentence(tallyCanaries(canaries, true), others)).toBe(sentence);
  });
});
