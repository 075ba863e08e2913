import type { Change, LogPosition } from '../core/cdc/debezium.ts';
import type { Snapshot } from '../core/consistency/snapshot.ts';

/** One captured change of a key. */
export interface WindowEvent {
  readonly key: string;
  readonly part: number;
  readonly offset: bigint;
  readonly op: Change['op'];
  readonly txId: bigint | null;
  readonly position: LogPosition | null;
  /** Commit time at the source; microseconds since 1970. */
  readonly sourceTsUs: number;
  /** JSON object of the mapped columns' exact texts; null after a delete. */
  readonly after: string | null;
  /** Delivered before, at a lower offset: capture began again from an older position. */
  readonly repeat: boolean;
  /** An applier wrote it, by its replication origin. */
  readonly byApplier: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: number;
}

/** What a snapshot that was taken, and an applied position that was seen, have left behind. */
export interface SettledMark {
  readonly snapshot: Snapshot;
  readonly applied: ReadonlyMap<number, bigint>;
}
