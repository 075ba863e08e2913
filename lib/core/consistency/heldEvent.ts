import type { Row } from './row.ts';

/** One captured change of a key, as Banyan holds it. */
export interface HeldEvent {
  readonly offset: bigint;
  readonly op: string;
  /** The writer's transaction, 32 or 64 bits; null where the event does not say. */
  readonly txId: bigint | null;
  /** True if Banyan held this event before the row was read: a snapshot read is then settled without a transaction id. */
  readonly heldBeforeRead: boolean;
  readonly sourceTsUs: bigint;
  /** The row after the change, `unavailable` where the event does not carry it whole. */
  readonly after: Row | 'unavailable';
}
