import type { Clock } from '../ports/clock.ts';
import type { Pause } from '../ports/pause.ts';
import type { VersionedRowReader } from '../ports/versionedRows.ts';
import { type SettledKey, SettleKeys } from './settleKeys.ts';
import { WALK_LIMITS, type WalkLimits, walkDifferences } from './walkDifferences.ts';

/** A key that keeps changing is given up after this many times the settling time. */
const PATIENCE = 6;
/** Differing keys that may wait to be settled: some 10 MB. */
const KEYS_HELD = 50_000;

export interface DiffOptions {
  readonly reader: VersionedRowReader;
  /** Its times are only subtracted: a monotonic clock is best. */
  readonly clock: Clock;
  readonly pause: Pause;
  readonly settleMs: number;
  readonly signal: AbortSignal;
  readonly limits?: Partial<WalkLimits>;
  /** Takes each key that is different or unsettled, in the order in which they are told apart. */
  readonly onKey: (key: SettledKey) => Promise<void>;
  readonly onProgress: (progress: DiffProgress) => void;
}

/** How far a comparison is. */
export interface DiffProgress {
  /** Rows compared so far. */
  readonly rows: bigint;
  /** True once every row was compared: what is left is to settle keys. */
  readonly compared: boolean;
  /** Keys that wait to be settled. */
  readonly waiting: number;
  readonly different: number;
  readonly unsettled: number;
}

export interface DiffResult extends DiffProgress {
  /** False if it was told to stop: nothing is known about the rest. */
  readonly complete: boolean;
}

/**
 * Compares a table on two databases, both of which may be written meanwhile, and hands over each key whose rows differ
 * although the source's row stood still for `settleMs`, and each that did not stand still for long enough to tell.
 * @throws BanyanError of the reader
 */
export async function diffTables(options: DiffOptions): Promise<DiffResult> {
  const { reader, clock, pause, settleMs } = options;
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const found = { rows: 0n, compared: false, different: 0, unsettled: 0 };
  const progress = (): DiffProgress => ({ ...found, waiting: settling.waiting });
  const settling = new SettleKeys({
    reader,
    clock,
    pause,
    settleMs,
    patienceMs: PATIENCE * settleMs,
    keysAtOnce: 1_000,
    keysHeld: KEYS_HELD,
    signal,
    onSettled: async (key) => {
      found[key.state] += 1;
      await options.onKey(key);
      options.onProgress(progress());
    },
  });
  const walk = async () => {
    await walkDifferences({
      reader,
      clock,
      limits: { ...WALK_LIMITS, ...options.limits },
      signal,
      onKeys: (keys) => settling.add(keys),
      onRows: (rows) => {
        found.rows += rows;
        options.onProgress(progress());
      },
    });
    found.compared = !signal.aborted;
    settling.close();
    options.onProgress(progress());
  };
  const parts = [walk(), settling.run()].map((part) =>
    part.catch((error: unknown) => {
      failed.abort();
      throw error;
    }),
  );
  for (const part of await Promise.allSettled(parts)) if (part.status === 'rejected') throw part.reason;
  return { ...progress(), complete: !options.signal.aborted };
}
