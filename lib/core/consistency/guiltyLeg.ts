// Which part of the way made a proved divergence. A leg is named only if the evidence leaves no other; otherwise it is
// `unknown`, with what is known in the sentence.
import type { HeldEvent } from './heldEvent.ts';
import { type Row, sameRow } from './row.ts';
import type { Leg } from './rowVerdict.ts';

/** A settled, diverged key: both rows, the newest change of each direction; `reverse` null if the way back is not captured. */
export interface LegEvidence {
  readonly source: Row;
  readonly target: Row;
  readonly lastForward: HeldEvent | null;
  readonly reverse: { readonly last: HeldEvent | null } | null;
}

const carries = (event: HeldEvent | null, row: Row) =>
  event !== null && event.after !== 'unavailable' && sameRow(event.after, row);

/** The guilty leg and the sentence that says why. */
export function guiltyLeg(evidence: LegEvidence): { readonly leg: Leg; readonly reason: string } {
  const { source, target, lastForward, reverse } = evidence;
  // A snapshot read copies what is there: it shows nobody's write.
  const foreign = reverse?.last === undefined || reverse.last?.op === 'r' ? null : reverse.last;

  if (foreign !== null && carries(foreign, target) && !carries(foreign, source)) {
    const newer = lastForward === null || foreign.sourceTsUs > lastForward.sourceTsUs;
    if (newer && (lastForward === null || carries(lastForward, source))) {
      return {
        leg: 'rogue_write',
        reason:
          'the row was written at the target by another hand than the applier, and the source did not take it over',
      };
    }
  }
  if (lastForward === null) return { leg: 'unknown', reason: 'no change event of this key has been seen' };
  if (lastForward.after === 'unavailable') {
    return { leg: 'unknown', reason: 'the newest change event does not carry the whole row' };
  }
  if (!sameRow(lastForward.after, source) && foreign === null) {
    return {
      leg: 'capture',
      reason: 'the newest change event does not hold the source row: an event was lost or altered before Kafka',
    };
  }
  if (!sameRow(lastForward.after, source)) {
    return { leg: 'unknown', reason: 'neither direction carries both rows' };
  }
  if (reverse !== null && foreign === null) {
    return {
      leg: 'apply',
      reason: 'the event holds the right row and has been passed, and nobody else wrote at the target',
    };
  }
  return { leg: 'unknown', reason: 'the event holds the right row and has been passed: apply or rogue_write' };
}
