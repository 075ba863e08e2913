import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { KeyRange } from '../core/consistency/keyRange.ts';
import type { RangeDigest } from '../core/consistency/rangeDigest.ts';
import { BanyanError } from '../errors.ts';
import type { RowReader, Side } from '../ports/rowReader.ts';
import { WALK_LIMITS, walkDifferences } from './walkDifferences.ts';

type Rows = ReadonlyMap<number, number>;
const STEP_ROWS = 5;

/** Two tables in memory, key and value, of which a statement may read `mostRows` rows a side. */
function readerOf(
  sides: Readonly<Record<Side, Rows>>,
  mostRows: number,
): Pick<RowReader, 'bounds' | 'digest' | 'list'> {
  const sorted = (side: Side) => [...sides[side]].toSorted(([a], [b]) => a - b);
  const within =
    ({ lo, hi }: KeyRange) =>
    ([key]: readonly [number, number]) =>
      (lo === null || key >= Number(lo[0])) && (hi === null || key < Number(hi[0]));
  return {
    bounds: async (side, range, rows) => {
      const inside = sorted(side).filter(within(range));
      const step = Math.min(STEP_ROWS, rows);
      const steps = Math.max(1, Math.round(rows / step));
      const keys: string[][] = [];
      for (let i = step; i < inside.length && keys.length < steps; i += step) keys.push([String(inside[i]?.[0])]);
      const end = keys.length === steps ? (keys.at(-1) ?? null) : null;
      return { inner: end === null ? keys : keys.slice(0, -1), end };
    },
    digest: async (side, ranges) => {
      const found = ranges.map((range) => sorted(side).filter(within(range)));
      if (found.flat().length > mostRows) throw new BanyanError('overloaded', 'too many rows for one statement');
      return found.map(
        (rows): RangeDigest => ({
          rows: BigInt(rows.length),
          sum1: rows.reduce((sum, [key, value]) => sum + BigInt(key * 1_000 + value), 0n),
          sum2: rows.reduce((sum, [key, value]) => sum + BigInt(key * 1_000 + value) ** 2n, 0n),
        }),
      );
    },
    list: async (side, ranges) =>
      ranges.flatMap((range) =>
        sorted(side)
          .filter(within(range))
          .map(([key, value]) => ({ key: String(key), hash: String(value) })),
      ),
  };
}

async function walk(sides: Readonly<Record<Side, Rows>>, mostRows = 1_000): Promise<{ keys: number[]; rows: bigint }> {
  const keys: number[] = [];
  let rows = 0n;
  await walkDifferences({
    reader: readerOf(sides, mostRows),
    clock: { nowMs: () => 0 },
    limits: { ...WALK_LIMITS, firstRows: 20, minRows: 10, maxRows: 40 },
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

it('cuts a gap of the source that the target fills with more rows than one statement may read', async () => {
  const source = new Map([
    [0, 0],
    [1_000, 0],
  ]);
  const target = new Map(Array.from({ length: 1_001 }, (_, i) => [i, 0]));
  const { keys } = await walk({ source, target }, 200);
  expect(keys).toEqual(Array.from({ length: 999 }, (_, i) => i + 1));
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
