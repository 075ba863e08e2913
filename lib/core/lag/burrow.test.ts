import { expect, it } from 'vitest';
import { type CommitSample, groupStatus, type PartitionStatus, partitionStatus } from './burrow.ts';

/** Ten commits a second apart, at these offsets, with these lags. */
function window(offsets: number[], lags: (number | null)[]): CommitSample[] {
  return offsets.map((offset, index) => {
    const lag = lags[index];
    return {
      offset: BigInt(offset),
      timestampMs: 1_000 * index,
      lag: lag === null || lag === undefined ? null : BigInt(lag),
    };
  });
}

const TEN = Array.from({ length: 10 }, (_, index) => index);
const still = TEN.map(() => 100);
const moving = TEN.map((index) => 100 + index * 10);
const fives = TEN.map(() => 5);

const cases: [
  what: string,
  commits: CommitSample[],
  broker: number[],
  nowMs: number,
  allowed: number,
  status: PartitionStatus,
][] = [
  ['no commit at all', [], [100], 9_000, 0, 'NOTFOUND'],
  ['no lag now', window(still, fives), [100], 9_000, 0, 'OK'],
  ['lag within the allowed', window(still, fives), [105], 9_000, 5, 'OK'],
  ['lag, but the window is not complete', window(still, fives).slice(0, 9), [105], 9_000, 0, 'OK'],
  ['commits stand still with lag', window(still, fives), [105], 9_000, 0, 'STALL'],
  [
    'commits move, lag never falls',
    window(
      moving,
      TEN.map((i) => 5 + i),
    ),
    [205],
    9_000,
    0,
    'WARN',
  ],
  ['commits move, lag fell once', window(moving, [5, 6, 4, 7, 8, 9, 10, 11, 12, 13]), [205], 9_000, 0, 'OK'],
  ['lag was none within the window', window(moving, [5, 0, 4, 7, 8, 9, 10, 11, 12, 13]), [205], 9_000, 0, 'OK'],
  ['an unknown lag says nothing', window(moving, [5, null, 6, 7, 8, 9, 10, 11, 12, 13]), [205], 9_000, 0, 'WARN'],
  ['no commit for longer than the window', window(moving, fives), [200, 205], 18_001, 0, 'STOP'],
  ['as long as the window', window(moving, [6, ...fives.slice(1)]), [200, 205], 18_000, 0, 'OK'],
  ['silent, but it had caught up recently', window(moving, [6, ...fives.slice(1)]), [190, 205], 18_001, 0, 'OK'],
  ['an offset fell and has not recovered', window([...moving.slice(0, 9), 50], fives), [205], 9_000, 0, 'REWIND'],
  [
    'an offset fell and has recovered',
    window([100, 50, ...moving.slice(2)], [6, ...fives.slice(1)]),
    [205],
    9_000,
    0,
    'OK',
  ],
];

it.each(cases)('%s', (_what, commits, broker, nowMs, allowed, status) => {
  expect(partitionStatus(commits, broker.map(BigInt), nowMs, BigInt(allowed))).toBe(status);
});

it('the worst partition wins', () => {
  expect(groupStatus(['OK', 'STALL', 'WARN'])).toBe('STALL');
  expect(groupStatus([])).toBe('NOTFOUND');
});
