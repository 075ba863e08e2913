// Where partitions were added to a topic, the older events of a key lie in one partition and the newer ones in another.
// Kafka keeps order within a partition only; between them the events' places in the source's log do. What those do not
// tell beyond doubt is left open.
import type { LogPosition } from '../cdc/debezium.ts';
import { comparePosition } from '../cdc/redelivery.ts';

/** As much of an event as its order hangs on. */
export interface PlacedEvent {
  readonly op: string;
  readonly position: LogPosition | null;
  /** Commit time at the source; microseconds since 1970. */
  readonly sourceTsUs: number;
  readonly repeat: boolean;
}

export interface OrderedEvents<E> {
  readonly events: readonly E[];
  /** False if an event does not tell its place in the log, or the places and the commit times contradict each other. */
  readonly ordered: boolean;
}

/** Of one log: a position without a commit is that of its first transaction, or of a snapshot before it. */
function compare(a: PlacedEvent, b: PlacedEvent): number {
  if (a.position === null || b.position === null) return 0;
  return a.position.commitLsn !== null && b.position.commitLsn === null
    ? -comparePosition(b.position, a.position)
    : comparePosition(a.position, b.position);
}

/**
 * The events of one key from several partitions, each given by offset, in the order in which they were committed. What
 * has its place at or below that of an event of another one was delivered again: of those the
 * one in the partition that is given first counts.
 */
export function inCommitOrder<E extends PlacedEvent>(partitions: readonly (readonly E[])[]): OrderedEvents<E> {
  const merged = partitions.flat().toSorted(compare);
  const events: E[] = [];
  let newest: E | null = null;
  let ordered = merged.every(({ position }) => position !== null);
  for (const event of merged) {
    if (event.repeat) {
      events.push(event);
      continue;
    }
    if (newest !== null && event.position !== null && compare(newest, event) === 0) {
      events.push({ ...event, repeat: true });
      continue;
    }
    // The time of a snapshot's row is that of the snapshot, which later changes may precede.
    if (newest !== null && newest.op !== 'r' && event.sourceTsUs < newest.sourceTsUs) ordered = false;
    events.push(event);
    newest = event;
  }
  return { events, ordered };
}
