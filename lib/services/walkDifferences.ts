import { nextChunkRows } from '../core/consistency/chunkSize.ts';
import { type KeyRange, WHOLE_RANGE } from '../core/consistency/keyRange.ts';
import type { Clock } from '../ports/clock.ts';
import {
  type Chunk,
  COARSE_STEP_ROWS,
  compareChunk,
  differingKeysIn,
  nextChunk,
  nextStepRows,
  type RangeReader,
} from './rangeDifferences.ts';

/** Sizes of the chunks, in rows, and how long one should take, in ms. */
export interface WalkLimits {
  readonly firstRows: number;
  readonly minRows: number;
  readonly maxRows: number;
  readonly aimMs: number;
  /** Rows of a step where few differ. */
  readonly coarseStepRows: number;
  /** Chunks compared at once; each takes a connection a side. */
  readonly lanes: number;
  /** Differing keys handed over together. */
  readonly keysAtOnce: number;
}

export const WALK_LIMITS: WalkLimits = {
  firstRows: 10_000,
  minRows: 1_000,
  maxRows: 400_000,
  aimMs: 500,
  coarseStepRows: COARSE_STEP_ROWS,
  lanes: 2,
  keysAtOnce: 1_000,
};

export interface WalkOptions {
  readonly reader: RangeReader;
  readonly clock: Clock;
  readonly limits: WalkLimits;
  readonly signal: AbortSignal;
  /** Takes keys that differed when they were compared; the walk goes on when it resolves. */
  readonly onKeys: (keys: readonly string[]) => Promise<void>;
  readonly onRows: (rows: bigint) => void;
}

/**
 * Walks the whole key space once and hands over every key whose rows differ. While one lane cuts, lists or waits, the
 * databases work on another's chunk. Ends early, without an error, when the signal aborts.
 * @throws BanyanError of the reader
 */
export async function walkDifferences(options: WalkOptions): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const cutter = new Cutter(options.reader);
  const lanes = Array.from({ length: options.limits.lanes }, () =>
    compareChunks({ ...options, signal }, cutter).catch((error: unknown) => {
      failed.abort();
      throw error;
    }),
  );
  for (const lane of await Promise.allSettled(lanes)) if (lane.status === 'rejected') throw lane.reason;
}

async function compareChunks(options: WalkOptions, cutter: Cutter): Promise<void> {
  const { reader, clock, limits, signal } = options;
  let rows = limits.firstRows;
  let stepRows = limits.coarseStepRows;
  while (!signal.aborted) {
    const chunk = await cutter.next(rows, stepRows);
    if (chunk === null) return;
    const startedMs = clock.nowMs();
    const compared = await compareChunk(reader, chunk.steps);
    rows = nextChunkRows(rows, clock.nowMs() - startedMs, limits);
    stepRows = nextStepRows(compared, limits.coarseStepRows);
    options.onRows(compared.rows);
    for await (const keys of differingKeysIn(reader, compared.dirty, limits.keysAtOnce)) {
      if (signal.aborted) return;
      await options.onKeys(keys);
    }
  }
}

/** Hands out adjoining chunks: each is cut where the one before it ended. */
class Cutter {
  readonly #reader: RangeReader;
  #rest: Promise<KeyRange | null> = Promise.resolve(WHOLE_RANGE);

  constructor(reader: RangeReader) {
    this.#reader = reader;
  }

  async next(rows: number, stepRows: number): Promise<Chunk | null> {
    const chunk = this.#rest.then((rest) => (rest === null ? null : nextChunk(this.#reader, rest, rows, stepRows)));
    this.#rest = chunk.then((cut) => (cut === null || cut.end === null ? null : { lo: cut.end, hi: null }));
    // A cut that fails is its own lane's error; the others end with it.
    this.#rest.catch(() => undefined);
    return chunk;
  }
}
