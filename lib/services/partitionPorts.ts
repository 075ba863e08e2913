import type { SourceRecord } from '../ports/eventSource.ts';
import type { FactStore } from '../ports/factStore.ts';
import type { HopLags } from './ingestFold.ts';

export interface PartitionEvents {
  /** A batch was committed. */
  counted(count: CountedBatch): void;
  /** The store could not be written; it is tried again. */
  storeFailed(error: unknown): void;
  seek(offset: bigint): void;
  halt(): void;
  /** Stopped for a reason that a person must look at. */
  stopped(reason: string): void;
  /** First offset that the log still has; rejects when the broker can't be reached. */
  logStart(): Promise<bigint | null>;
}

export interface CountedBatch {
  readonly received: number;
  readonly duplicates: number;
  readonly deadLetters: readonly { readonly offset: bigint; readonly reason: string; readonly detail: string }[];
  readonly hops: HopLags | null;
  readonly newest: SourceRecord | null;
}

export interface PartitionPorts {
  readonly store: FactStore;
  readonly consumer: string;
  readonly hash: (record: SourceRecord) => Uint8Array;
  readonly sleep: (ms: number) => Promise<void>;
}
