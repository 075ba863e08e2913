// What the verifier would hand to the rule at the end of its steps, and the rule's answer.
import type { EarlierLook } from '../earlierLook.ts';
import type { AppliedPosition, FlowEvidence, PartitionEvidence } from '../flowEvidence.ts';
import type { HeldEvent } from '../heldEvent.ts';
import type { KeyDecision } from '../keyDecision.ts';
import type { KeyEvidence } from '../keyEvidence.ts';
import type { Row } from '../row.ts';
import { judgeKey } from '../rule.ts';
import type { Snapshot } from '../snapshot.ts';
import type { ChangeStream } from './changeStream.ts';
import type { Setting, State, TargetRow, Value } from './explorerModel.ts';

/** The target and the applier's position as they were read; `high` is `low` where the position is known exactly. */
export interface TargetRead {
  readonly target: TargetRow;
  readonly low: number;
  readonly high: number;
  /** The target's row as it is now: by then its own capture may have brought the foreign write. */
  readonly now: TargetRow;
}

const ROWS = new Map<Value, Row>();
function row(value: Value): Row {
  if (value === '-') return null;
  const known = ROWS.get(value);
  if (known !== undefined) return known;
  const made = { texts: [String(value)], tokens: [String(value)], copies: 1 };
  ROWS.set(value, made);
  return made;
}

/** Ids of transactions on either side: the source's by commit position, the target's by who wrote before or since the start. */
const FIRST_TX = 100n;
const TARGET_TX = {
  applier: { early: 10n, since: 30n },
  foreign: { early: 11n, since: 31n },
  baseline: 20n,
  restart: 40n,
};

/** The rule's decision. */
export function decide(state: State, setting: Setting, stream: ChangeStream, read: TargetRead): KeyDecision {
  if (setting.rangeNeeds === 'every') return judgeKey(evidenceOf(state, setting, stream, read));
  const decisions: KeyDecision[] = [];
  for (let x = read.low; x <= read.high; x += 1) {
    decisions.push(judgeKey(evidenceOf(state, setting, stream, { ...read, low: x, high: x })));
  }
  const [first = judgeKey(evidenceOf(state, setting, stream, read))] = decisions;
  return decisions.find(({ verdict }) => verdict === 'CLEAN') ?? first;
}

function evidenceOf(state: State, setting: Setting, stream: ChangeStream, read: TargetRead): KeyEvidence {
  const { verifier } = state;
  const { target, low, high, now } = read;
  const readTo = Math.max(verifier.readTo, high + (setting.inclusive ? 1 : 0));
  const next = (offset: number) => BigInt(offset + (setting.inclusive ? 1 : 0));
  const applied: AppliedPosition =
    setting.position === 'exact' || setting.rangeNeeds === 'some'
      ? { kind: 'exact', next: next(low) }
      : { kind: 'range', from: next(low), to: next(high) };
  const epoch = setting.epochAtTargetRead ? state.epoch : verifier.epoch;
  const owned = (at: number) => ({ epoch: String(at), owner: at % 2 === 0 ? 'source' : 'target' }) as const;
  return {
    source: row(verifier.source ?? 0),
    target: row(target.value),
    columns: ['value'],
    forward: {
      snapshot: snapshotOf(state, setting),
      partitions: [forwardPartition(state, setting, applied, readTo)],
      grown: false,
      ordered: true,
      events: setting.rule === 'fence_only' ? [] : heldEvents(state, setting, stream, readTo),
      appliedDropsRepeats: setting.told.dropsRepeats,
      looks: looksOf(state, setting),
    },
    reverse: reverseFlow(setting, target, now),
    ownership: { atSource: owned(verifier.epoch), atTarget: owned(epoch) },
    sourceRowTxId: null,
    targetRowTxId: setting.told.rowTransaction && target.value !== '-' ? writerOf(target, setting) : null,
    stalledAfterMs: 1,
  };
}

function forwardPartition(
  { verifier, jumpAt }: State,
  setting: Setting,
  applied: AppliedPosition,
  readTo: number,
): PartitionEvidence {
  const from = BigInt(jumpAt);
  return {
    part: 0,
    baseline: setting.baselineKept
      ? { offset: BigInt(verifier.baseline), transactionId: FIRST_TX + BigInt(verifier.commitsAtBaseline) }
      : { offset: 0n, transactionId: 0n },
    heldSince: 'start',
    fencePassed: true,
    readTo: BigInt(readTo),
    applied,
    stillMs: 0,
    jumps: jumpAt >= 0 && setting.told.jumps ? [{ from, to: from + 1n }] : [],
    appliedAtReverseBaseline: setting.told.appliedAtStart === 'read' ? BigInt(verifier.appliedAtBaseline) : null,
    topic: { kind: 'whole' },
  };
}

/** A look at both sides when Banyan starts, or ended before. */
function looksOf({ verifier }: State, { position, told }: Setting): readonly EarlierLook[] {
  const { baseline, appliedAtBaseline, commitsAtBaseline, look } = verifier;
  if (told.appliedAtStart === 'read') return [];
  const atStart = { commits: commitsAtBaseline, end: baseline, applied: appliedAtBaseline };
  const { commits, end, applied } = told.appliedAtStart === 'by_look' ? atStart : look;
  return [
    {
      atMs: 0,
      xmin: TARGET_TX.baseline,
      xmax: TARGET_TX.baseline,
      // Of a range only its end is sure not to have been passed.
      applied: new Map([[0, BigInt(position === 'exact' ? applied : end)]]),
      reverseEnds: new Map([[0, 0n]]),
      writer: { xmax: FIRST_TX + BigInt(commits), ends: new Map([[0, BigInt(end)]]) },
    },
  ];
}

/** The source reader's snapshot: ids follow the order of commits, so those in flight are the invisible ones. */
function snapshotOf({ verifier }: State, setting: Setting): Snapshot {
  const { seen, commitsAtRead, position } = verifier;
  if (setting.split === 'log_position') {
    const end = FIRST_TX + BigInt(position);
    return { xmin: end, xmax: end, running: new Set() };
  }
  const running = new Set<bigint>();
  for (let i = 0; i < commitsAtRead; i += 1) if ((seen & (1 << i)) === 0) running.add(FIRST_TX + BigInt(i));
  const xmax = FIRST_TX + BigInt(commitsAtRead);
  const [xmin = xmax] = running;
  return { xmin, xmax, running };
}

/** The events of k that Banyan holds below `readTo`, those re-delivered marked by their place in the change stream. */
function heldEvents(state: State, setting: Setting, stream: ChangeStream, readTo: number): readonly HeldEvent[] {
  const { verifier, log } = state;
  const changes = stream.changes(state.commits);
  const events: HeldEvent[] = [];
  let newest = -1;
  for (let offset = verifier.baseline; offset < Math.min(readTo, log.length); offset += 1) {
    const sent = log[offset];
    const change = sent === undefined ? undefined : changes[sent.event];
    if (sent === undefined || change === undefined) continue;
    const repeat = sent.event <= newest;
    newest = Math.max(newest, sent.event);
    if (change.key !== 'k') continue;
    events.push({
      part: 0,
      offset: BigInt(offset),
      position: null,
      op: change.op,
      txId: FIRST_TX + BigInt(change.commit),
      repeat,
      epoch: setting.epochsKept && change.commit < verifier.epochFrom ? 'earlier' : 'current',
      echo: false,
      heldBeforeRead: false,
      sourceTsUs: 0n,
      after: row(sent.altered ? 'X' : change.value),
    });
  }
  return events;
}

function writerOf({ by, early, foreign }: TargetRow, { told }: Setting): bigint {
  const hand = told.foreignForEver && foreign !== 'none' ? 'foreign' : by;
  return TARGET_TX[hand][early ? 'early' : 'since'];
}

/** The target's own changes, only watched: the foreign write, if it has come. */
function reverseFlow({ told, fault, lateStart }: Setting, target: TargetRow, now: TargetRow): FlowEvidence {
  const value = fault === 'rogueOlder' ? 1 : fault === 'rogueDelete' ? '-' : 'R';
  const end = 99n;
  const atStart = told.appliedAtStart === 'by_older_look' ? TARGET_TX.restart : TARGET_TX.baseline;
  const held = target.foreign !== 'none' && now.foreign === 'held';
  const foreignWrite: HeldEvent = {
    part: 0,
    offset: 0n,
    position: null,
    op: value === '-' ? 'd' : 'u',
    txId: TARGET_TX.foreign.since,
    repeat: false,
    epoch: 'current',
    echo: false,
    heldBeforeRead: false,
    sourceTsUs: 0n,
    after: row(value),
  };
  return {
    snapshot: { xmin: end, xmax: end, running: new Set() },
    partitions: [
      {
        part: 0,
        baseline: { offset: 0n, transactionId: lateStart ? atStart : 0n },
        heldSince: 'start',
        fencePassed: told.reverse !== 'late' || now.foreign !== 'on_its_way',
        readTo: end,
        applied: { kind: 'none' },
        stillMs: 0,
        jumps: [],
        appliedAtReverseBaseline: null,
        topic: { kind: 'whole' },
      },
    ],
    grown: false,
    ordered: true,
    events: held ? [foreignWrite] : [],
    appliedDropsRepeats: true,
    looks: [],
  };
}
