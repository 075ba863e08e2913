// What an earlier look at both sides proves of the rows that they hold now: a version that was there already was not
// written by what came later. It tells the leg where the events before a divergence are no longer held.
import type { HeldEvent } from './heldEvent.ts';
import { extendTxId } from './snapshot.ts';

/** A look at both sides in the past, whenever that was: it stays true. */
export interface EarlierLook {
  /** When the follower was read, ms since 1970; nothing is proved by it. */
  readonly atMs: number;
  /** Of the follower's snapshot, 64 bits: every transaction below `xmin` had ended, none from `xmax` on had begun. */
  readonly xmin: bigint;
  readonly xmax: bigint;
  /** By partition, a next offset that the applier had not passed; of one that is missing nothing is known. */
  readonly applied: ReadonlyMap<number, bigint>;
  /** By partition of the follower's own changes, how far they had been read before; null where they are not captured. */
  readonly reverseEnds: ReadonlyMap<number, bigint> | null;
  /** The xmax of the writer's snapshot, and by partition how far its changes had been read before. */
  readonly writer: { readonly xmax: bigint; readonly ends: ReadonlyMap<number, bigint> };
}

type Change = Pick<HeldEvent, 'part' | 'offset'>;

/**
 * True if an earlier look proves that a change, delivered for the first time, has not been written into the row, whose
 * newest version is that of `rowTxId` (32 or 64 bits); false where it is not known. Only the snapshot's xmin counts: the
 * transaction above a savepoint's, which is not the row's, may have been under way above it.
 */
export function isUnwritten(looks: readonly EarlierLook[], change: Change, rowTxId: bigint | null): boolean {
  if (rowTxId === null) return false;
  return looks.some((look) => extendTxId(rowTxId, look) < look.xmin && isAppliedAfter(change, look));
}

/** True if the change, delivered for the first time, was applied after the look, if at all. */
function isAppliedAfter({ part, offset }: Change, { applied }: EarlierLook): boolean {
  const next = applied.get(part);
  return next !== undefined && offset >= next;
}

/** How far the changes of a side had been read before a snapshot with this xmax. */
type ReadBefore = EarlierLook['writer'];

/** The follower's own changes as each look had read them. */
export function reverseReads(looks: readonly EarlierLook[]): readonly ReadBefore[] {
  return looks.flatMap(({ xmax, reverseEnds }) => (reverseEnds === null ? [] : [{ xmax, ends: reverseEnds }]));
}

/**
 * True if a row's newest version was written after a snapshot since which every captured change of its side is held, from
 * these offsets by partition on: its own change must be among them.
 */
export function isWrittenWhileHeld(
  reads: readonly ReadBefore[],
  heldFrom: ReadonlyMap<number, bigint>,
  rowTxId: bigint,
): boolean {
  return reads.some((read) => isSince(read, heldFrom, rowTxId));
}

/** True if that is so, and none of these changes of the row, all that are held, has come after that snapshot. */
export function isWrittenByNone(
  reads: readonly ReadBefore[],
  heldFrom: ReadonlyMap<number, bigint>,
  rowTxId: bigint,
  changes: readonly Pick<HeldEvent, 'part' | 'offset'>[],
): boolean {
  return reads.some(
    (read) =>
      isSince(read, heldFrom, rowTxId) && changes.every(({ part, offset }) => offset < (read.ends.get(part) ?? 0n)),
  );
}

/**
 * True if the applier came to this change, delivered for the first time, after a look since which every captured change of
 * the follower is held, from these offsets by partition on: who else has written the row since is among them.
 */
export function isAppliedWhileHeld(
  looks: readonly EarlierLook[],
  heldFrom: ReadonlyMap<number, bigint>,
  change: Change,
): boolean {
  return looks.some(
    (look) => isAppliedAfter(change, look) && look.reverseEnds !== null && isHeldSince(look.reverseEnds, heldFrom),
  );
}

function isSince({ xmax, ends }: ReadBefore, heldFrom: ReadonlyMap<number, bigint>, rowTxId: bigint): boolean {
  return extendTxId(rowTxId, { xmax }) >= xmax && isHeldSince(ends, heldFrom);
}

const isHeldSince = (ends: ReadBefore['ends'], heldFrom: ReadonlyMap<number, bigint>) =>
  [...heldFrom].every(([part, offset]) => offset <= (ends.get(part) ?? -1n));
