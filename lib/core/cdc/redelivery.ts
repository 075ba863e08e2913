// A connector that restarts sends again what it had sent since it last saved its position, at new Kafka offsets.
// Within a partition the log's positions never fall, so an event below the newest position has been counted. Events
// AT that position are told apart by key: rows of one multi-insert, and both halves of a key change, share their LSN.
//
// A source that was restored from a backup goes on at lower positions, with events that nobody has counted. They are
// told from repeats by the source's time, which is the time of the commit and is sent again as it was: each counted
// event's time is at most the newest one counted, so an event with a later time is no repeat, wherever it lies. So
// what was counted is never counted again, however the source's clock went. The other way round, what a restored source
// commits is taken for a repeat until its clock, or its positions, have passed the newest ones counted: seconds, where
// the clocks are set, and shown as duplicates.
import type { Change, LogPosition } from './debezium.ts';

/** Newest position counted from one partition, the keys seen at exactly that position, and the newest source time. */
export interface CountedUpTo {
  readonly position: LogPosition | null;
  readonly keys: readonly string[];
  /** Of changes that have a position, snapshots left out; microseconds since 1970. */
  readonly sourceTsUs: number | null;
}

export const NOTHING_COUNTED: CountedUpTo = { position: null, keys: [], sourceTsUs: null };

/** Compares two unsigned decimal texts without leading zeros. */
export function compareDecimal(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a === b ? 0 : a < b ? -1 : 1;
}

/**
 * Order of a change's position after the newest counted one. The commit LSN is null in the first transaction that a slot
 * delivers, and all of that transaction lies below its own commit. So where commits are known already, a null one is
 * that transaction again if it lies below the newest commit, and otherwise the first one of a slot that was made since.
 */
export function comparePosition(change: LogPosition, counted: LogPosition): number {
  if (change.commitLsn === null && counted.commitLsn !== null) {
    return compareDecimal(change.lsn, counted.commitLsn) < 0 ? -1 : 1;
  }
  const commits = compareDecimal(change.commitLsn ?? '0', counted.commitLsn ?? '0');
  return commits !== 0 ? commits : compareDecimal(change.lsn, counted.lsn);
}

/** Follows one partition's changes in order and says of each whether it was delivered before. */
export class RedeliveryFilter {
  #position: LogPosition | null;
  readonly #keys: Set<string>;
  #sourceTsUs: number | null;

  constructor(from: CountedUpTo) {
    this.#position = from.position;
    this.#keys = new Set(from.keys);
    this.#sourceTsUs = from.sourceTsUs;
  }

  /** True if this change was counted before; otherwise takes it as counted. */
  isRepeat(change: Change): boolean {
    const { position } = change;
    if (position === null || change.incremental) return false;
    if (change.snapshot) {
      // A snapshot below what was counted reads another log: a new server, or a restored one. Positions begin anew.
      if (this.#position !== null && compareDecimal(position.lsn, this.#position.lsn) < 0) this.#moveTo(null);
      return false;
    }
    const order = this.#position === null ? 1 : comparePosition(position, this.#position);
    if (order > 0 || this.#isLaterThanCounted(change)) this.#moveTo(position);
    else if (order < 0 || this.#keys.has(change.key)) return true;
    this.#keys.add(change.key);
    this.#sourceTsUs = Math.max(change.sourceTsUs, this.#sourceTsUs ?? 0);
    return false;
  }

  get countedUpTo(): CountedUpTo {
    return { position: this.#position, keys: [...this.#keys], sourceTsUs: this.#sourceTsUs };
  }

  #isLaterThanCounted({ sourceTsUs }: Change): boolean {
    return this.#sourceTsUs !== null && sourceTsUs > this.#sourceTsUs;
  }

  #moveTo(position: LogPosition | null): void {
    this.#position = position;
    this.#keys.clear();
  }
}
