import type { BinDelta, BucketDelta } from '../core/lag/observationFold.ts';
import type { KeyFinding, VerifyTarget } from './verifyStore.ts';

/** A partition of one change topic of a mapped table. */
export interface ChangePartition {
  readonly topic: string;
  readonly part: number;
}

/** A partition that this worker verifies until its lease ends. */
export interface LeasedPartition extends ChangePartition {
  /** Every change below it was verified, or is counted in `skipped`. */
  readonly verifiedOffset: bigint;
  readonly skipped: bigint;
}

/** A key whose changes from `first` to `newest` wait to be verified. */
export interface WaitingChange extends ChangePartition {
  readonly key: string;
  readonly first: bigint;
  readonly newest: bigint;
  /** Commit time of the first, microseconds since 1970; null for a row that a snapshot read. */
  readonly sourceTsUs: number | null;
}

/** What one worker has verified since it last wrote down. */
export interface ContinuousProgress {
  readonly partitions: readonly (ChangePartition & { readonly verifiedOffset: bigint; readonly skipped: bigint })[];
  /** Divergences of keys that were CLEAN after them. */
  readonly proved: readonly KeyFinding[];
  /** When each key was CLEAN last, ms since 1970. */
  readonly clean: ReadonlyMap<string, number>;
  /** Findings that are not CLEAN, of keys that were not CLEAN since. */
  readonly findings: readonly KeyFinding[];
  readonly buckets: readonly BucketDelta[];
  readonly bins: readonly BinDelta[];
}

/** What continuous verification keeps: who verifies which partition, how far, and the keys that wait outside memory. */
export interface ContinuousStore {
  /**
   * Takes or keeps the leases of these partitions; a partition that was never verified begins at its `start`. Returns
   * those that this worker holds now: the others are another's.
   */
  lease(
    target: VerifyTarget,
    owner: string,
    partitions: readonly (ChangePartition & { readonly start: bigint })[],
    nowMs: number,
    leaseMs: number,
  ): Promise<readonly LeasedPartition[]>;
  release(target: VerifyTarget, owner: string): Promise<void>;
  /** Next offsets up to which the topic's changes are verified, by partition; the least of them where several tables share it. */
  verifiedTo(topic: string): Promise<ReadonlyMap<number, bigint>>;
  /** Findings, counters and positions in one transaction. False if a lease was lost: nothing is stored then. */
  commit(target: VerifyTarget, owner: string, progress: ContinuousProgress): Promise<boolean>;
  /** Keeps waiting keys outside memory; one that waits there already waits for both. */
  spill(target: VerifyTarget, waiting: readonly WaitingChange[]): Promise<void>;
  /** Takes back at most `limit` waiting keys of a partition, those with the oldest changes first. */
  unspill(target: VerifyTarget, partition: ChangePartition, limit: number): Promise<readonly WaitingChange[]>;
}
