import { differingKeys } from '../core/consistency/keyHashDiff.ts';
import { cutRange, type KeyRange } from '../core/consistency/keyRange.ts';
import { addDigests, type RangeDigest, sameDigest } from '../core/consistency/rangeDigest.ts';
import type { RowReader, Side } from '../ports/rowReader.ts';

/** The first rows of a range, cut into adjoining steps; null as `end` if that is the whole of it. */
export interface Chunk {
  readonly steps: readonly KeyRange[];
  readonly end: readonly string[] | null;
}

/** A chunk as both sides digest it. */
export interface ComparedChunk {
  /** Rows compared: of each step those of the side that has more. */
  readonly rows: bigint;
  /** Digest of the whole chunk on each side. */
  readonly digests: Readonly<Record<Side, RangeDigest>>;
  /** Steps whose digests differ, in key order. */
  readonly dirty: readonly KeyRange[];
}

/** Cuts the first `rows` rows of a range off it. Throws BanyanErrors of the reader. */
export async function nextChunk(reader: RowReader, range: KeyRange, rows: number): Promise<Chunk> {
  const { inner, end } = await reader.bounds(range, rows);
  return { steps: cutRange({ lo: range.lo, hi: end ?? range.hi }, inner), end };
}

/** Digests the steps of a chunk, both sides at once. Throws BanyanErrors of the reader. */
export async function compareChunk(reader: RowReader, steps: readonly KeyRange[]): Promise<ComparedChunk> {
  const [source, target] = await Promise.all([reader.digest('source', steps), reader.digest('target', steps)]);
  const dirty: KeyRange[] = [];
  let rows = 0n;
  steps.forEach((step, i) => {
    const [left, right] = [source[i], target[i]];
    if (left === undefined || right === undefined || !sameDigest(left, right)) dirty.push(step);
    rows += bigMax(left?.rows ?? 0n, right?.rows ?? 0n);
  });
  return { rows, digests: { source: addDigests(source), target: addDigests(target) }, dirty };
}

/** Keys whose rows differ in the dirty steps, at most `atOnce` at a time. Throws BanyanErrors of the reader. */
export async function* differingKeysIn(
  reader: RowReader,
  dirty: readonly KeyRange[],
  atOnce: number,
): AsyncGenerator<readonly string[]> {
  let keys: string[] = [];
  for (const range of dirty) {
    const [left, right] = await Promise.all([reader.list('source', range), reader.list('target', range)]);
    for (const key of differingKeys(left, right)) {
      keys.push(key);
      if (keys.length < atOnce) continue;
      yield keys;
      keys = [];
    }
  }
  if (keys.length > 0) yield keys;
}

const bigMax = (a: bigint, b: bigint) => (a > b ? a : b);
