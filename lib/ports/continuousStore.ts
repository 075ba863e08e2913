import type { EarlierLook } from '../core/consistency/earlierLook.ts';
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
  /** As whoever held it last kept them. */
  readonly looks: readonly EarlierLook[];
}

/** A key whose changes from `first` to `newest` wait to be verified. */
export interface WaitingChange extends ChangePartition {
  readonly key: string;
  readonly first: bigint;
  readonly newest: bigint;
  /** Commit time of the first, microseconds since 1970; null for a row that a snapshot read. */
  readonly sourceTsUs: number | null;
}

/** A record as it was read: another one at its offset means that the topic was made anew under its name. */
export interface RecordMark {
  readonly offset: bigint;
  readonly timestampMs: number;
  /** Of its value, lower-case hex; null where it has none. */
  readonly sha256: string | null;
}

/** How far the changes of one partition were verified. */
export interface VerifiedPartition {
  readonly next: bigint;
  /** Taken up after other partitions of its topic: keys may have moved between them. */
  readonly grown: boolean;
  /** A record below `next`; null where none was kept. */
  readonly mark: RecordMark | null;
}

/** Where one worker stands in a partition that it holds. */
export interface PartitionProgress extends ChangePartition {
  readonly verifiedOffset: bigint;
  readonly skipped: bigint;
  /** A record below `verifiedOffset`; null leaves the one that is kept. */
  readonly mark: RecordMark | null;
  /** Reads of the follower; none leaves those that are kept. */
  readonly looks: readonly EarlierLook[];
}

/** What one worker has verified since it last wrote down. */
export interface ContinuousProgress {
  readonly partitions: readonly PartitionProgress[];
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
  /** How far the topic's changes are verified, by partition; the least far where several tables share it. */
  verifiedTo(topic: string): Promise<ReadonlyMap<number, VerifiedPartition>>;
  /** What was seen of both sides, as every holder of the topic's partitions kept it for this table. */
  looks(target: VerifyTarget, topic: string): Promise<readonly EarlierLook[]>;
  /** Findings, counters and positions in one transaction. False if a lease was lost: nothing is stored then. */
  commit(target: VerifyTarget, owner: string, progress: ContinuousProgress): Promise<boolean>;
  /** Keeps waiting keys outside memory; one that waits there already waits for both. */
  spill(target: VerifyTarget, waiting: readonly WaitingChange[]): Promise<void>;
  /** Takes back at most `limit` waiting keys of a partition, those with the oldest changes first. */
  unspill(target: VerifyTarget, partition: ChangePartition, limit: number): Promise<readonly WaitingChange[]>;
}
