// The exact rule for one key, from evidence alone and without a clock. A verdict compares the target with what a right
// applier holds at its own position W: the source row as it was read, and over it each later change that W has passed.
// Positions are next offsets: an event is applied exactly if its offset is below W. Whatever the evidence does not settle
// is PENDING, what contradicts its own assumptions UNKNOWN, and an applier that stands still with changes of the key
// waiting is STALLED, never DIVERGED and never CLEAN. `explorer/` holds the rule against every order of events.

import type { FlowEvidence } from './flowEvidence.ts';
import { guiltyLeg } from './guiltyLeg.ts';
import type { KeyDecision } from './keyDecision.ts';
import type { KeyEvidence, Ownership } from './keyEvidence.ts';
import { differingColumns, divergenceKind, sameRow } from './row.ts';
import type { RowVerdict } from './rowVerdict.ts';
import { currentEvents, type Open, type Settled, settleFlow, underWay } from './settleFlow.ts';

/** Names this rule in certificates; changes whenever the same evidence may lead to another verdict. */
export const RULE_VERSION = '3';

/** The verdict on one key, with what it should hold and the guilty leg if it diverged. */
export function judgeKey(evidence: KeyEvidence): KeyDecision {
  const { source, target, forward, reverse, ownership, stalledAfterMs } = evidence;
  if (ownership !== null && !sameOwnership(ownership.atSource, ownership.atTarget)) {
    return undecided('CONFLICT', 'the key changed hands between the reads of its two sides', true);
  }
  const back = reverse?.partitions.some(({ applied }) => applied.kind !== 'none') ? reverse : null;
  const mixed = back !== null && currentEvents(back).some(({ op, echo }) => op !== 'r' && !echo);
  const there = settleFlow(forward, source, { stalledAfterMs, mixed });
  if (!there.settled && there.verdict !== 'PENDING') return notSettled(there);
  const home = back === null ? null : settleFlow(ownWrites(back), target, { stalledAfterMs, mixed: true });
  if (home !== null && !home.settled && home.verdict !== 'PENDING') return notSettled(home, 'on the way back: ');
  const changedBack = back === null ? [] : underWay(ownWrites(back));
  if (underWay(forward).length > 0 && changedBack.length > 0) {
    return undecided('CONFLICT', 'both sides have changed the key, and neither has taken the other over yet', true);
  }
  if (!there.settled) return notSettled(there);
  if (home !== null && !home.settled) return notSettled(home, 'on the way back: ');
  if (changedBack.length > 0) {
    return undecided('PENDING', 'on the way back: the key has changed since it was read', true);
  }
  const decision = compare(evidence, there);
  if (decision.verdict === 'CLEAN' || back === null || underWay(back).length === 0) return decision;
  // Nobody says that what comes back by itself is not written home: an older value may be in between.
  return undecided('PENDING', 'on the way back: changes that were carried over are coming back', true);
}

const ownWrites = (flow: FlowEvidence): FlowEvidence => ({ ...flow, events: flow.events.filter(({ echo }) => !echo) });

/** The target beside what it should hold, at each position that the applier may have been at. */
function compare(evidence: KeyEvidence, there: Settled): KeyDecision {
  const { target, columns } = evidence;
  const { at, lastVisible } = there;
  const found = { lastVisible, captureDiverged: there.capture === 'diverged' };
  const same = at.filter(({ row }) => row !== 'unavailable' && sameRow(row, target));
  if (same.length === at.length) {
    return { ...undecided('CLEAN', 'the target holds what it must hold at its position', false), ...found };
  }
  const [{ row: expected, from }] = at;
  if (expected === 'unavailable' || at.some(({ row }) => row === 'unavailable')) {
    return { ...undecided('PENDING', 'a change since the read does not carry the whole row', true), ...found };
  }
  if (same.length > 0) {
    return { ...undecided('PENDING', 'it is not known which of the latest changes have been applied', true), ...found };
  }
  const { leg, reason, firstBadOffset } = guiltyLeg(evidence, there);
  return {
    verdict: 'DIVERGED',
    reason,
    retry: false,
    divergence: { expected, expectedFrom: from, firstBadOffset },
    kind: divergenceKind(expected, target),
    leg,
    columns: differingColumns(expected, target, columns),
    ...found,
  };
}

const sameOwnership = (a: Ownership, b: Ownership) => a.epoch === b.epoch && a.owner === b.owner;

const notSettled = ({ verdict, reason, retry }: Open, where = '') => undecided(verdict, `${where}${reason}`, retry);

function undecided(verdict: RowVerdict, reason: string, retry: boolean): KeyDecision {
  return {
    verdict,
    reason,
    retry,
    divergence: null,
    kind: null,
    leg: 'unknown',
    columns: [],
    lastVisible: null,
    captureDiverged: false,
  };
}
