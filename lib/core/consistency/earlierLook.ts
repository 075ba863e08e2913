// What an earlier read of the follower proves of a row that it holds now: a version that was there already was not
// written by what came later. It tells the leg where the events before a divergence are no longer held.
import { extendTxId } from './snapshot.ts';

/** A read of the follower in the past, whenever that was: it stays true. */
export interface EarlierLook {
  /** Of its snapshot, 64 bits: every transaction below `xmin` had ended, none from `xmax` on had begun. */
  readonly xmin: bigint;
  readonly xmax: bigint;
  /** By partition, a next offset that the applier had not passed; of one that is missing nothing is known. */
  readonly applied: ReadonlyMap<number, bigint>;
  /** By partition of the follower's own changes, how far they had been read before; null where they are not captured. */
  readonly reverseEnds: ReadonlyMap<number, bigint> | null;
}

/**
 * The offset in this partition from which on no change has been written into the row, whose newest version is that of
 * `rowTxId` (32 or 64 bits); null if that can't be told. Only the snapshot's xmin counts: the transaction above a
 * savepoint's, which is not the row's, may have been under way above it.
 */
export function unwrittenFrom(looks: readonly EarlierLook[], part: number, rowTxId: bigint): bigint | null {
  let from: bigint | null = null;
  for (const look of looks) {
    const applied = look.applied.get(part);
    if (applied === undefined || extendTxId(rowTxId, look) >= look.xmin) continue;
    if (from === null || applied < from) from = applied;
  }
  return from;
}

/**
 * True if the row's newest version was written after a look since which every change of the follower is held, from
 * these offsets by partition on: had another hand than the applier written it, its change would be there.
 */
export function isWrittenWhileHeld(
  looks: readonly EarlierLook[],
  heldFrom: ReadonlyMap<number, bigint>,
  rowTxId: bigint,
): boolean {
  return looks.some(
    ({ xmax, reverseEnds }) =>
      reverseEnds !== null &&
      extendTxId(rowTxId, { xmax }) >= xmax &&
      [...heldFrom].every(([part, offset]) => offset <= (reverseEnds.get(part) ?? -1n)),
  );
}
