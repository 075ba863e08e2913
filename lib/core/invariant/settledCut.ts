// Two databases have no common snapshot. Reads of both are at one cut all the same if the follower had then applied
// exactly those changes that the writer's reader saw: what lies between the reads then touched neither.
import { isVisible, type Snapshot } from '../consistency/snapshot.ts';

/** A captured change of the writer. */
export interface CutEvent {
  readonly part: number;
  readonly offset: bigint;
  /** The writer's transaction; null where the event does not say. */
  readonly txId: bigint | null;
  /** A row that capture's own snapshot read before the writer was read here: seen, whatever its transaction. */
  readonly wasSeen: boolean;
}

/** The applier's next offset of a partition as the follower was read: the same twice where its database keeps it. */
export interface AppliedSpan {
  readonly from: bigint;
  readonly to: bigint;
}

const NOTHING: AppliedSpan = { from: 0n, to: 0n };

/** True if none of the writer's changes was seen on one side alone. An event that tells no transaction settles nothing. */
export function isOneCut(
  writer: Snapshot,
  applied: ReadonlyMap<number, AppliedSpan>,
  events: readonly CutEvent[],
): boolean {
  return events.every(({ part, offset, txId, wasSeen }) => {
    const { from, to } = applied.get(part) ?? NOTHING;
    if (offset >= from && offset < to) return false;
    if (wasSeen) return offset < from;
    return txId !== null && isVisible(txId, writer) === offset < from;
  });
}
