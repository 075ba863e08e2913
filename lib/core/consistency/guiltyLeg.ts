// Which part of the way made a proved divergence. A leg is named only if the evidence leaves no other; otherwise it is
// `unknown`, with what is known in the sentence.
import { isWrittenByNone } from './earlierLook.ts';
import type { FlowEvidence } from './flowEvidence.ts';
import type { HeldEvent } from './heldEvent.ts';
import { isHeldFromFirst } from './isHeldFromFirst.ts';
import type { KeyEvidence } from './keyEvidence.ts';
import { heldFrom, lastWriter } from './lastWriter.ts';
import { type Row, sameRow } from './row.ts';
import type { Leg } from './rowVerdict.ts';
import { currentEvents, type Settled } from './settleFlow.ts';

export interface Guilt {
  readonly leg: Leg;
  /** One sentence. */
  readonly reason: string;
  /** The first event that was not applied as it stands; null where it can't be told. */
  readonly firstBadOffset: bigint | null;
}

/** The guilty leg of a key whose target differs from each value it may hold, and the sentence that says why. */
export function guiltyLeg(evidence: KeyEvidence, there: Settled): Guilt {
  const { target, forward } = evidence;
  const [{ givenBy }] = there.at;
  const guilt = (leg: Leg, reason: string, firstBadOffset: bigint | null = null): Guilt => ({
    leg,
    reason,
    firstBadOffset,
  });
  if (there.capture === 'diverged') {
    return guilt(
      'capture',
      'the newest visible event does not hold the source row: an event was lost or altered before Kafka',
    );
  }
  if (there.lastVisible === null && isLost(evidence)) {
    return guilt('capture', 'the source row was written since every event is held, and none of its key has come');
  }
  const writer = lastWriter(evidence, givenBy);
  if (writer === 'foreign') {
    return guilt('rogue_write', 'another hand than the applier was the last to write the row at the target');
  }
  if (givenBy === null) return guilt('unknown', 'no change event is held that the applier should have applied');
  if (!isHeldFromFirst(forward, givenBy)) {
    return guilt('unknown', `the change at offset ${givenBy.offset} may have come before all that is held`);
  }
  if (isJumped(forward, givenBy)) {
    return guilt(
      'transport',
      `the applier's position was set over the change at offset ${givenBy.offset}`,
      firstBad(forward, givenBy, target),
    );
  }
  if (there.capture === 'unknown' && givenBy === there.lastVisible) {
    return guilt(
      'unknown',
      givenBy.after === 'unavailable'
        ? 'the newest visible event does not carry the whole row'
        : forward.grown
          ? 'partitions were added to the topic, and the newest event held here may not be the newest of the key'
          : 'both sides wrote the row, and its newest event does not hold what the source holds',
    );
  }
  if (writer === 'unclear') {
    return guilt('unknown', `the change at offset ${givenBy.offset} is held and has been passed: apply or rogue_write`);
  }
  return guilt(
    'apply',
    `the applier has passed the change at offset ${givenBy.offset}, and ${
      olderVersion(forward, givenBy, target) !== null
        ? 'the target still holds an older version'
        : writer === 'nobody'
          ? "nobody has written the target's row since before it"
          : target === null
            ? 'the target has no row'
            : 'the target holds another value'
    }`,
    firstBad(forward, givenBy, target),
  );
}

/** A change of the source of which there is no event, and which the way back has not made. */
function isLost({ forward, reverse, sourceRowTxId: rowTxId }: KeyEvidence): boolean {
  if (rowTxId === null) return false;
  const captured = forward.looks.map(({ writer }) => writer);
  if (!isWrittenByNone(captured, heldFrom(forward), rowTxId, forward.events)) return false;
  if (reverse === null || reverse.partitions.every(({ applied }) => applied.kind === 'none')) return true;
  // What its applier has written since a look came from where it stood then, or later.
  const applied = reverse.looks.map(({ xmax, applied: ends }) => ({ xmax, ends }));
  return isWrittenByNone(applied, heldFrom(reverse), rowTxId, reverse.events);
}

function isJumped({ partitions }: FlowEvidence, event: HeldEvent): boolean {
  const own = partitions.find(({ part }) => part === event.part);
  return own?.jumps.some(({ from, to }) => event.offset >= from && event.offset < to) ?? false;
}

/** Index of the newest event before `givenBy` whose row the target holds. */
function olderVersion(flow: FlowEvidence, givenBy: HeldEvent, target: Row): number | null {
  const events = appliable(flow);
  const before = events.slice(0, events.indexOf(givenBy));
  const index = before.findLastIndex((event) => event.after !== 'unavailable' && sameRow(event.after, target));
  return index < 0 ? null : index;
}

/** The event after the version that the target still holds; the only one held, if that is the one. */
function firstBad(flow: FlowEvidence, givenBy: HeldEvent, target: Row): bigint | null {
  const events = appliable(flow);
  const held = olderVersion(flow, givenBy, target);
  if (held !== null) return events[held + 1]?.offset ?? null;
  return events[0] === givenBy ? givenBy.offset : null;
}

const appliable = (flow: FlowEvidence) =>
  currentEvents(flow).filter((event) => !flow.appliedDropsRepeats || !event.repeat);
