import { describe, expect, it } from 'vitest';
import { EarlierLooks } from './earlierLooks.ts';
import type { AppliedAround } from './flowFound.ts';

const at = (next: bigint): AppliedAround => ({ kind: 'exact', next: new Map([[0, next]]) });
const snapshot = (xmin: number) => `${xmin}:${xmin + 1}:`;
/** Positions of the looks that are kept, by the xmin of each. */
const kept = (looks: EarlierLooks) => looks.all.map(({ xmin, applied }) => [Number(xmin), applied.get(0)]);

function noted(...looks: readonly (readonly [xmin: number, applied: AppliedAround, atMs: number])[]): EarlierLooks {
  const all = new EarlierLooks([]);
  for (const [xmin, applied, atMs] of looks) {
    all.note({ snapshot: '1:1:', ends: new Map() }, { snapshot: snapshot(xmin), ends: null }, applied, {
      nowMs: atMs,
      replaced: 0,
    });
  }
  return all;
}

it('keeps one look a second, and the newest', () => {
  const looks = noted([1, at(5n), 0], [2, at(6n), 400], [3, at(6n), 900], [4, at(7n), 1_000], [5, at(8n), 1_100]);
  expect(kept(looks)).toEqual([
    [1, 5n],
    [4, 7n],
    [5, 8n],
  ]);
});

it('keeps the upper end of a range, and nothing where the position is not known', () => {
  const looks = noted(
    [1, { kind: 'range', from: new Map([[0, 3n]]), to: new Map([[0, 9n]]) }, 0],
    [2, { kind: 'unknown', reason: 'no group' }, 2_000],
  );
  expect(kept(looks)).toEqual([[1, 9n]]);
});

it('keeps the newest looks when there are many', () => {
  const looks = noted(...Array.from({ length: 500 }, (_, i) => [i, at(BigInt(i)), i * 1_000] as const));
  expect(kept(looks)).toHaveLength(120);
  expect(kept(looks).at(-1)).toEqual([499, 499n]);
});

it.each([
  [
    'the newest, some further and further back, and the newest before what is not verified',
    50n,
    [0, 19, 39, 50, 54, 69, 79, 89, 94, 98, 99],
  ],
  ['none twice', 98n, [0, 19, 39, 54, 69, 79, 89, 94, 98, 99]],
] as const)('hands over for a restart: %s', (_, verified, expected) => {
  const looks = noted(...Array.from({ length: 100 }, (_, i) => [i, at(BigInt(i)), i * 1_000] as const));
  const restored = new EarlierLooks([]);
  for (const part of [0, 0]) restored.restore(looks.toKeep(part, verified));
  expect(kept(restored).map(([xmin]) => xmin)).toEqual(expected);
});

it('hands over a partition of which it knows nothing by its age alone', () => {
  const looks = noted([1, at(4n), 0], [2, at(6n), 1_000], [3, at(8n), 2_000]);
  expect(looks.toKeep(7, 9n).map(({ xmin }) => xmin)).toEqual([1n, 2n, 3n]);
});

it('hands over looks from before a restart while there are none as old since', () => {
  const before = noted(...Array.from({ length: 100 }, (_, i) => [i, at(BigInt(i)), i * 1_000] as const));
  const since = noted([200, at(200n), 103_000], [201, at(201n), 104_000]);
  since.restore(before.toKeep(0, 99n));
  expect(since.toKeep(0, 201n).map(({ xmin }) => Number(xmin))).toEqual([0, 19, 39, 54, 69, 79, 94, 99, 200, 201]);
});

it('takes looks of a clock that was ahead for as old as those that came after them', () => {
  const ahead = noted(...Array.from({ length: 100 }, (_, i) => [i, at(BigInt(i)), 900_000 + i * 1_000] as const));
  const since = noted(...Array.from({ length: 30 }, (_, i) => [200 + i, at(200n), i * 1_000] as const));
  since.restore(ahead.toKeep(0, 99n));
  expect(since.toKeep(0, 0n).map(({ xmin }) => Number(xmin))).toEqual([0, 209, 219, 224, 228, 229]);
});

describe('a log of the changes that is made anew', () => {
  const side = { snapshot: '1:1:', ends: new Map() };
  const log = { replaced: 0 };
  const noteAt = (looks: EarlierLooks, nowMs: number, replaced: number) =>
    looks.note(side, side, at(5n), { nowMs, replaced });
  it('makes all looks of before worthless, and those that were kept for a restart', () => {
    const other = { replaced: 0 };
    const looks = new EarlierLooks([other, log]);
    noteAt(looks, 0, 0);
    const before = looks.toKeep(0, 9n);
    expect(before).toHaveLength(1);
    log.replaced = 1;
    expect(looks.all).toEqual([]);
    looks.restore(before);
    expect(looks.all).toEqual([]);
    noteAt(looks, 1_000, 1);
    expect(looks.all).toHaveLength(1);
    other.replaced = 1;
    expect(looks.toKeep(0, 9n)).toEqual([]);
  });
  it('leaves out the look that was under way', () => {
    log.replaced = 0;
    const looks = new EarlierLooks([log]);
    const { replaced } = looks;
    log.replaced = 1;
    noteAt(looks, 0, replaced);
    expect(looks.all).toEqual([]);
  });
});
