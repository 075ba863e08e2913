// Who wrote the target's row last, the applier or another hand, from the target's own captured changes. The answer is
// given only if nothing else is possible; it decides between the legs `apply` and `rogue_write`.
import { isAppliedWhileHeld, isUnwritten, isWrittenWhileHeld, reverseReads } from './earlierLook.ts';
import type { FlowEvidence } from './flowEvidence.ts';
import type { HeldEvent } from './heldEvent.ts';
import { isHeldFromFirst } from './isHeldFromFirst.ts';
import type { KeyEvidence } from './keyEvidence.ts';
import { type Row, sameRow } from './row.ts';
import { currentEvents, visibility } from './settleFlow.ts';
import { extendTxId } from './snapshot.ts';

/** `nobody`: the row has not been written since before the change that should have been written into it last. */
export type LastWriter = 'applier' | 'foreign' | 'nobody' | 'unclear';

/** `givenBy` is the change that the applier should have written last, null if none is held. */
export function lastWriter(evidence: KeyEvidence, givenBy: HeldEvent | null): LastWriter {
  const writer = capturedWriter(evidence, givenBy);
  const { forward, targetRowTxId } = evidence;
  if (writer !== 'unclear' || givenBy === null || !isHeldFromFirst(forward, givenBy)) return writer;
  return isUnwritten(forward.looks, givenBy, targetRowTxId) ? 'nobody' : writer;
}

function capturedWriter(evidence: KeyEvidence, givenBy: HeldEvent | null): LastWriter {
  const { target, forward, reverse, targetRowTxId } = evidence;
  if (reverse === null || !isFenced(reverse)) return 'unclear';
  const foreign = currentEvents(reverse).filter((event) => !event.echo && event.op !== 'r');
  const seen = foreign.map((event) => visibility(event, reverse));
  if (seen.includes('unknown')) return 'unclear';
  const written = foreign.filter((_, i) => seen[i] === 'yes');
  const last = written.findLast(({ repeat }) => !repeat);
  if (targetRowTxId !== null) {
    const writer = extendTxId(targetRowTxId, reverse.snapshot);
    const isWriter = ({ txId }: HeldEvent) => txId !== null && extendTxId(txId, reverse.snapshot) === writer;
    if (written.some(isWriter)) return 'foreign';
    if (last !== undefined && mayBeSavepointOf(last, writer, reverse.snapshot, forward.looks)) {
      const byValue = writerByValue(last, forward, target);
      if (byValue !== 'applier') return byValue;
    }
    const since = reverse.partitions.map(({ baseline }) => baseline?.transactionId ?? 0n);
    const isHeld =
      since.every((transactionId) => writer >= transactionId) ||
      appliedSince(forward, reverse, givenBy, target) ||
      isWrittenWhileHeld(reverseReads(forward.looks), heldFrom(reverse), targetRowTxId);
    return isHeld ? 'applier' : 'unclear';
  }
  if (last === undefined) return appliedSince(forward, reverse, givenBy, target) ? 'applier' : 'unclear';
  return writerByValue(last, forward, target);
}

/** By what the last foreign write left: a row that is not that was written since. */
function writerByValue({ after }: HeldEvent, forward: FlowEvidence, target: Row): LastWriter {
  if (after === 'unavailable') return 'unclear';
  if (!sameRow(after, target)) return 'applier';
  return onlyForeignHand(forward, target) ? 'foreign' : 'unclear';
}

/**
 * A change carries the id of its whole transaction, a row that of the savepoint in it, which is a later one. Not if a look
 * at the side shows that the transaction had ended before the row's began.
 */
function mayBeSavepointOf(
  { txId }: HeldEvent,
  rowTxId: bigint,
  snapshot: FlowEvidence['snapshot'],
  looks: FlowEvidence['looks'],
): boolean {
  if (txId === null) return true;
  const whole = extendTxId(txId, snapshot);
  return whole < rowTxId && !looks.some(({ xmin, xmax }) => whole < xmin && rowTxId >= xmax);
}

/** From which offset on every change is held, by partition; only asked of those with a baseline. */
export function heldFrom({ partitions }: FlowEvidence): ReadonlyMap<number, bigint> {
  return new Map(partitions.flatMap(({ part, baseline }) => (baseline === null ? [] : [[part, baseline.offset]])));
}

/** Every change of the target up to its read is held, from the baseline on. */
function isFenced({ partitions, snapshot }: FlowEvidence): boolean {
  return (
    partitions.length > 0 &&
    partitions.every(
      ({ topic, fencePassed, baseline }) =>
        topic.kind === 'whole' && fencePassed && baseline !== null && snapshot.xmin >= baseline.transactionId,
    )
  );
}

/**
 * The applier came to this event, and not to an earlier delivery of it, when every foreign write was already held. A row
 * that is not there tells so of an insert alone: an update of a row that was deleted before writes none.
 */
function appliedSince(forward: FlowEvidence, reverse: FlowEvidence, event: HeldEvent | null, target: Row): boolean {
  if (event === null || !isHeldFromFirst(forward, event)) return false;
  const from = forward.partitions.find(({ part }) => part === event.part)?.appliedAtReverseBaseline ?? null;
  if (from !== null && event.offset >= from) return true;
  return (target !== null || event.op === 'c') && isAppliedWhileHeld(forward.looks, heldFrom(reverse), event);
}

/** No change that the applier may have written since holds these values. */
function onlyForeignHand({ partitions, events }: FlowEvidence, target: Row): boolean {
  const allHeld = partitions.every(
    ({ baseline, appliedAtReverseBaseline: from }) => baseline !== null && from !== null && from >= baseline.offset,
  );
  return allHeld && events.every(({ after }) => after !== 'unavailable' && !sameRow(after, target));
}
