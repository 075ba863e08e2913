import type { JsonType } from '../core/cdc/columnShape.ts';
import type { CountedUpTo } from '../core/cdc/redelivery.ts';
import type { BinDelta, BucketDelta } from '../core/lag/observationFold.ts';
import type { SourceRecord, TopicPartition } from './eventSource.ts';

/** The last record that was counted from a partition: read again at the next claim, to see that it is the same log. */
export interface LastRecord {
  readonly offset: bigint;
  readonly timestampMs: number;
  readonly hash: Uint8Array;
}

/** A partition as its new owner finds it. `epoch` fences every older owner. */
export interface Claim extends TopicPartition {
  readonly nextOffset: bigint;
  readonly epoch: bigint;
  readonly last: LastRecord | null;
  readonly countedUpTo: CountedUpTo;
  readonly shape: ReadonlyMap<string, JsonType>;
}

export interface KeyEventFact {
  readonly key: string;
  readonly offset: bigint;
  readonly op: string;
  readonly txId: string | null;
  readonly commitLsn: string | null;
  readonly lsn: string | null;
  readonly sourceTsUs: number;
  readonly after: string | null;
  readonly traceId: string | null;
}

/** Change events of one mapped table whose application is not known yet: parallel arrays by offset. */
export interface PendingFact {
  readonly context: string;
  readonly series: string;
  readonly offsets: readonly bigint[];
  readonly sourceTsUs: readonly number[];
}

export interface SagaEventFact {
  readonly context: string;
  readonly sagaType: string;
  readonly sagaId: string;
  readonly messageId: string;
  readonly causationId: string | null;
  readonly eventType: string;
  readonly service: string | null;
  readonly atUs: number;
  readonly deadlineUs: number;
  readonly offset: bigint;
  readonly traceId: string | null;
  readonly spanId: string | null;
  readonly payload: string | null;
}

export interface DeadLetterFact {
  readonly record: SourceRecord;
  readonly reason: string;
  readonly detail: string;
}

/** Everything that one batch of one partition adds to the store. */
export interface BatchFacts {
  readonly buckets: readonly BucketDelta[];
  readonly bins: readonly BinDelta[];
  readonly keyEvents: readonly KeyEventFact[];
  readonly pending: readonly PendingFact[];
  readonly sagaEvents: readonly SagaEventFact[];
  readonly deadLetters: readonly DeadLetterFact[];
  readonly learned: ReadonlyMap<string, JsonType>;
  /** Records in this batch, and how many of them had been counted before (saga repeats are found by the store). */
  readonly received: number;
  readonly duplicates: number;
}

export interface BatchCommit extends TopicPartition {
  readonly consumer: string;
  readonly epoch: bigint;
  /** The offset that this batch was folded from, and the one after its last record. */
  readonly readOffset: bigint;
  readonly nextOffset: bigint;
  /** The last record of this batch, or null where it held none that is shown. */
  readonly last: LastRecord | null;
  readonly countedUpTo: CountedUpTo;
  readonly highWatermark: bigint;
  readonly facts: BatchFacts;
}

export type CommitResult =
  | { readonly kind: 'committed'; readonly sagaDuplicates: number }
  /** Another owner has claimed the partition: nothing was written. */
  | { readonly kind: 'fenced' }
  /** The store stands elsewhere than this batch expects: nothing was written. */
  | { readonly kind: 'moved'; readonly nextOffset: bigint }
  /** A value in this batch is one that the store can't hold, now or ever: nothing was written. */
  | { readonly kind: 'refused'; readonly detail: string };

/** Facts and positions of ingest: they move together, in one transaction a batch. */
export interface FactStore {
  /** Fences every older owner of these partitions; one that was never read begins at its `start`. */
  claim(
    consumer: string,
    owner: string,
    partitions: readonly (TopicPartition & { readonly start: bigint })[],
  ): Promise<readonly Claim[]>;
  commit(batch: BatchCommit): Promise<CommitResult>;
  /** Where the store stands, after an unknown outcome; claims nothing. */
  reread(consumer: string, partition: TopicPartition): Promise<Claim | null>;
  /** Says why a partition does not move, or (null) that it does. No effect for an owner that was fenced. */
  setStopped(consumer: string, partition: TopicPartition & { epoch: bigint }, reason: string | null): Promise<void>;
  /** Notes each owned partition's high watermark, and when everything below it had been counted. */
  noteWatermarks(
    consumer: string,
    marks: readonly (TopicPartition & { epoch: bigint; high: bigint; caughtUpMs: number | null })[],
  ): Promise<void>;
}
