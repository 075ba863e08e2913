import type { LogPosition } from '../cdc/debezium.ts';
import type { Row } from './row.ts';

/** One captured change of a key, as Banyan holds it. */
export interface HeldEvent {
  readonly part: number;
  /** Its own offset in that partition; an applier whose next offset is W has applied it exactly if this is below W. */
  readonly offset: bigint;
  readonly op: string;
  /** The writer's transaction, 32 or 64 bits; null where the event does not say. */
  readonly txId: bigint | null;
  /** Its place in the log of its source, `source.sequence`; null where the event does not say. */
  readonly position: LogPosition | null;
  /** Delivered before: its place in the log is not past that of an earlier event of the partition, or of the key. */
  readonly repeat: boolean;
  /** Whether it was written in the ownership epoch in force; always `current` where ownership does not change hands. */
  readonly epoch: 'current' | 'earlier' | 'unknown';
  /** The applier of the other direction wrote it: a change that came back, nobody's own write. See echo.ts. */
  readonly echo: boolean;
  /** True if Banyan held this event before the row was read: a snapshot read is then settled without a transaction id. */
  readonly heldBeforeRead: boolean;
  readonly sourceTsUs: bigint;
  /** The row after the change; `unavailable` where the event does not carry it whole (an unchanged TOASTed column). */
  readonly after: Row | 'unavailable';
}
