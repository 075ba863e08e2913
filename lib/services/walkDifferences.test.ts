import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { KeyRange } from '../core/consistency/keyRange.ts';
import type { RangeDigest } from '../core/consistency/rangeDigest.ts';
import { BanyanError } from '../errors.ts';
import type { RowReader, Side } from '../ports/rowReader.ts';
import { WALK_LIMITS, walkDifferences } from './walkDifferences.ts';

type Rows = ReadonlyMap<number, number>;
/** What a reader may be asked to list at once. */
const MOST_LISTED = 20_000;

/** Two tables in memory, key and value, of which a statement may read `mostRows` rows a side. */
function readerOf(
  sides: Readonly<Record<Side, Rows>>,
  mostRows: number,
): Pick<RowReader, 'bounds' | 'digest' | 'list'> {
  const ascending = (rows: Rows) => [...rows].toSorted(([a], [b]) => a - b);
  const ordered = { source: ascending(sides.source), target: ascending(sides.target) };
  const rowsIn = (side: Side, { lo, hi }: KeyRange) => {
    const rows = ordered[side];
    const from = lo === null ? 0 : positionOf(rows, Number(lo[0]));
    return rows.slice(from, hi === null ? rows.length : positionOf(rows, Number(hi[0])));
  };
  const refuseMany = (rows: readonly unknown[], most: number) => {
    if (rows.length > most) throw new BanyanError('overloaded', `${rows.length} rows in one statement`);
  };
  return {
    bounds: async (side, range, rows, stepRows) => {
      const inside = rowsIn(side, range);
      const step = Math.min(stepRows, rows);
      const steps = Math.max(1, Math.round(rows / step));
      const keys: string[][] = [];
      for (let i = step; i < inside.length && keys.length < steps; i += step) keys.push([String(inside[i]?.[0])]);
      const end = keys.length === steps ? (keys.at(-1) ?? null) : null;
      return { inner: end === null ? keys : keys.slice(0, -1), end };
    },
    digest: async (side, ranges) => {
      const found = ranges.map((range) => rowsIn(side, range));
      refuseMany(found.flat(), mostRows);
      return found.map(
        (rows): RangeDigest => ({
          rows: BigInt(rows.length),
          sum1: rows.reduce((sum, [key, value]) => sum + BigInt(key * 1_000 + value), 0n),
          sum2: rows.reduce((sum, [key, value]) => sum + BigInt(key * 1_000 + value) ** 2n, 0n),
        }),
      );
    },
    list: async (side, ranges) => {
      const rows = ranges.flatMap((range) => rowsIn(side, range));
      refuseMany(rows, MOST_LISTED);
      return rows.map(([key, value]) => ({ key: String(key), hash: String(value) }));
    },
  };
}

/** Index of the first row whose key is not below. */
function positionOf(rows: readonly (readonly [number, number])[], key: number): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle]?.[0] ?? key) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

async function walk(sides: Readonly<Record<Side, Rows>>, mostRows = 1_000): Promise<{ keys: number[]; rows: bigint }> {
  const keys: number[] = [];
  let rows = 0n;
  await walkDifferences({
    reader: readerOf(sides, mostRows),
    clock: { nowMs: () => 0 },
    limits: { ...WALK_LIMITS, firstRows: 20, minRows: 10, maxRows: 40, coarseStepRows: 8 },
    signal: new AbortController().signal,
    onKeys: async (found) => {
      keys.push(...found.map(Number));
    },
    onRows: (more) => {
      rows += more;
    },
  });
  return { keys: keys.toSorted((a, b) => a - b), rows };
}

const table = fc
  .array(fc.tuple(fc.integer({ min: -300, max: 300 }), fc.integer({ min: 0, max: 3 })))
  .map((rows) => new Map(rows));

it('hands over exactly the keys that differ, each once, wherever they are', async () => {
  await fc.assert(
    fc.asyncProperty(table, table, fc.boolean(), async (left, more, near) => {
      // Near: a few changes to one table; else two tables that have nothing to do with each other.
      const right = near ? new Map([...left, ...[...more].slice(0, 3)]) : more;
      const all = [...new Set([...left.keys(), ...right.keys()])].toSorted((a, b) => a - b);
      const { keys } = await walk({ source: left, target: right });
      expect(keys).toEqual(all.filter((key) => left.get(key) !== right.get(key)));
    }),
  );
});

it('counts every row', async () => {
  const rows = new Map(Array.from({ length: 500 }, (_, i) => [i, 0]));
  expect(await walk({ source: rows, target: rows })).toEqual({ keys: [], rows: 500n });
});

it.each<[string, number]>([
  ['more than one statement may read', 20_000],
  ['more than may be listed', 1_000_000],
])('cuts a gap of the source that the target fills with many rows: %s', async (_, mostRows) => {
  const gap = [200, 25_000] as const;
  const target = new Map(Array.from({ length: 25_200 }, (_, i) => [i, 0]));
  const source = new Map([...target].filter(([key]) => key < gap[0] || key >= gap[1]));
  const { keys } = await walk({ source, target }, mostRows);
  expect(keys).toEqual(Array.from({ length: gap[1] - gap[0] }, (_, i) => gap[0] + i));
});

it('ends with the error of a lane', async () => {
  const reader = {
    ...readerOf({ source: new Map([[1, 1]]), target: new Map() }, 10),
    list: () => Promise.reject(new Error('gone')),
  };
  const options = { reader, clock: { nowMs: () => 0 }, limits: WALK_LIMITS, signal: new AbortController().signal };
  await expect(walkDifferences({ ...options, onKeys: async () => undefined, onRows: () => undefined })).rejects.toThrow(
    'gone',
  );
});
