import { differingKeys } from '../core/consistency/keyHashDiff.ts';
import { cutRange, type KeyRange } from '../core/consistency/keyRange.ts';
import { addDigests, type RangeDigest, sameDigest } from '../core/consistency/rangeDigest.ts';
import { BanyanError } from '../errors.ts';
import type { RowReader, Side } from '../ports/rowReader.ts';

/** Rows of a step whose differing keys are worth listing. */
const FINE_STEP_ROWS = 250;
/** Rows of a step where few differ: a step costs some 20 us besides its rows. */
export const COARSE_STEP_ROWS = 10_000;
/** A dirty step of more rows is digested in fine steps before it is listed: a listed row costs four digested ones. */
const NARROWED_ROWS = 1_000n;
/** Rows listed together: enough that a statement is worth its round trip, few enough for memory. */
const LISTED_ROWS = 20_000n;
/** Rows of a chunk that is cut again. */
const RECUT_ROWS = 50_000;

/** What a comparison of ranges needs of a reader. */
export type RangeReader = Pick<RowReader, 'bounds' | 'digest' | 'list'>;

/** The first rows of a range, cut into adjoining steps; null as `end` if that is the whole of it. */
export interface Chunk {
  readonly steps: readonly KeyRange[];
  readonly end: readonly string[] | null;
}

/** A step whose digests differ, with its rows on each side. */
export interface DirtyStep extends KeyRange {
  readonly rows: Readonly<Record<Side, bigint>>;
}

/** A chunk as both sides digest it. */
export interface ComparedChunk {
  /** Rows compared: of each step those of the side that has more. */
  readonly rows: bigint;
  /** Digest of the whole chunk on each side. */
  readonly digests: Readonly<Record<Side, RangeDigest>>;
  /** In key order. */
  readonly dirty: readonly DirtyStep[];
}

/** Cuts the first `rows` rows of a range off it, in steps of `stepRows`. Throws BanyanErrors of the reader. */
export async function nextChunk(
  reader: RangeReader,
  range: KeyRange,
  rows: number,
  stepRows = FINE_STEP_ROWS,
): Promise<Chunk> {
  const cut = await cutOn(reader, 'source', range, rows, stepRows);
  if (cut.end !== null) return cut;
  // What is left of the source is little; the target may still hold many rows there.
  const other = await cutOn(reader, 'target', range, rows, stepRows);
  return other.end === null ? cut : other;
}

/**
 * Digests the steps of a chunk, both sides at once. Steps that take a side too long, because it holds far more rows
 * than the side that they were cut on, are cut smaller. Throws BanyanErrors of the reader.
 */
export async function compareChunk(reader: RangeReader, steps: readonly KeyRange[]): Promise<ComparedChunk> {
  let source: readonly RangeDigest[];
  let target: readonly RangeDigest[];
  try {
    [source, target] = await Promise.all([reader.digest('source', steps), reader.digest('target', steps)]);
  } catch (error) {
    if (!(error instanceof BanyanError) || error.code !== 'overloaded') throw error;
    const [only] = steps;
    if (only === undefined) throw error;
    const half = Math.ceil(steps.length / 2);
    return steps.length > 1
      ? joined([await compareChunk(reader, steps.slice(0, half)), await compareChunk(reader, steps.slice(half))])
      : joined(await recut(reader, only, error));
  }
  const dirty: DirtyStep[] = [];
  let rows = 0n;
  for (const [i, step] of steps.entries()) {
    const [left, right] = [source[i], target[i]];
    if (left === undefined || right === undefined) {
      throw new BanyanError('internal', `${steps.length} ranges gave ${source.length} and ${target.length} digests`);
    }
    if (!sameDigest(left, right)) dirty.push({ ...step, rows: { source: left.rows, target: right.rows } });
    rows += bigMax(left.rows, right.rows);
  }
  return { rows, digests: { source: addDigests(source), target: addDigests(target) }, dirty };
}

/** Rows of the next chunk's steps: coarse dirty ones are digested again, which pays while at most a fifth would be. */
export function nextStepRows({ dirty, rows }: ComparedChunk, coarseRows = COARSE_STEP_ROWS): number {
  return dirty.length * coarseRows > Number(rows) / 5 ? FINE_STEP_ROWS : coarseRows;
}

/** Keys whose rows differ in the dirty steps, at most `atOnce` at a time. Throws BanyanErrors of the reader. */
export async function* differingKeysIn(
  reader: RangeReader,
  dirty: readonly DirtyStep[],
  atOnce: number,
): AsyncGenerator<readonly string[]> {
  let keys: string[] = [];
  for await (const found of listedDifferences(reader, dirty)) {
    for (const key of found) {
      keys.push(key);
      if (keys.length < atOnce) continue;
      yield keys;
      keys = [];
    }
  }
  if (keys.length > 0) yield keys;
}

async function* listedDifferences(reader: RangeReader, dirty: readonly DirtyStep[]): AsyncGenerator<readonly string[]> {
  let batch: DirtyStep[] = [];
  let rows = 0n;
  for (const step of dirty) {
    const more = bigMax(step.rows.source, step.rows.target);
    if (more > NARROWED_ROWS) {
      const larger = step.rows.source > step.rows.target ? 'source' : 'target';
      yield* narrowedDifferences(reader, step, larger);
      continue;
    }
    if (rows + more > LISTED_ROWS) {
      yield await listBoth(reader, batch);
      batch = [];
      rows = 0n;
    }
    batch.push(step);
    rows += more;
  }
  if (batch.length > 0) yield await listBoth(reader, batch);
}

async function listBoth(reader: RangeReader, ranges: readonly KeyRange[]): Promise<readonly string[]> {
  const [left, right] = await Promise.all([reader.list('source', ranges), reader.list('target', ranges)]);
  return differingKeys(left, right);
}

/** A large step is walked on the side that has more of it; one that can't be cut is listed all the same. */
async function* narrowedDifferences(
  reader: RangeReader,
  range: KeyRange,
  side: Side,
): AsyncGenerator<readonly string[]> {
  let rest: KeyRange | null = range;
  while (rest !== null) {
    const cut: Chunk = await cutOn(reader, side, rest, RECUT_ROWS);
    if (cut.steps.length === 1 && cut.end === null) yield await listBoth(reader, cut.steps);
    else yield* listedDifferences(reader, (await compareChunk(reader, cut.steps)).dirty);
    rest = cut.end === null ? null : { lo: cut.end, hi: rest.hi };
  }
}

async function recut(reader: RangeReader, range: KeyRange, error: BanyanError): Promise<readonly ComparedChunk[]> {
  const target = await cutOn(reader, 'target', range, RECUT_ROWS);
  const side = target.steps.length > 1 ? 'target' : 'source';
  const parts: ComparedChunk[] = [];
  let rest: KeyRange | null = range;
  while (rest !== null) {
    const cut: Chunk = await cutOn(reader, side, rest, RECUT_ROWS);
    if (cut.steps.length === 1 && rest === range) throw error;
    parts.push(await compareChunk(reader, cut.steps));
    rest = cut.end === null ? null : { lo: cut.end, hi: rest.hi };
  }
  return parts;
}

async function cutOn(
  reader: RangeReader,
  side: Side,
  range: KeyRange,
  rows: number,
  stepRows = FINE_STEP_ROWS,
): Promise<Chunk> {
  const { inner, end } = await reader.bounds(side, range, rows, stepRows);
  const { lo } = range;
  // Where one key has many rows, a bound may be where the range begins: nothing is cut off there.
  const isCut = (bound: readonly string[]) => lo === null || bound.some((text, i) => text !== lo[i]);
  const edges = inner.filter(isCut);
  const ends = end !== null && isCut(end) ? end : null;
  return { steps: cutRange({ lo, hi: ends ?? range.hi }, edges), end: ends };
}

function joined(parts: readonly ComparedChunk[]): ComparedChunk {
  return {
    rows: parts.reduce((sum, part) => sum + part.rows, 0n),
    digests: {
      source: addDigests(parts.map((part) => part.digests.source)),
      target: addDigests(parts.map((part) => part.digests.target)),
    },
    dirty: parts.flatMap((part) => part.dirty),
  };
}

const bigMax = (a: bigint, b: bigint) => (a > b ? a : b);
