// Both sides write one key and each takes the other's changes over, without ownership: a system smaller than that of
// explorerModel.ts, with the same question. Each capture is prompt, as what it may delay is tried there.
import type { FlowEvidence } from '../flowEvidence.ts';
import type { RowVerdict } from '../rowVerdict.ts';
import { judgeKey } from '../rule.ts';

/** Writes of k: each by the source (`s`) or the target (`t`), as a value of its own. */
export type Writes = readonly ('s' | 't')[];

export interface TwoWaySetting {
  readonly writes: Writes;
  /** A side writes only what builds on all that the other has written: else both may write at once. */
  readonly inTurn: boolean;
  /** One change, at any moment, is passed over by this side's applier. */
  readonly skippedAt: 's' | 't' | null;
}

export interface TwoWayExploration {
  readonly verdicts: Readonly<Record<RowVerdict, number>>;
  /** Verdicts on a system at rest whose rows differ. */
  readonly atRest: number;
  readonly flaws: ReadonlySet<'false_divergence' | 'false_capture_divergence' | 'missed'>;
}

/** One side: its own commits, how many are visible and captured, the other's changes that it has applied, its row. */
interface Half {
  readonly commits: readonly number[];
  readonly visible: number;
  readonly captured: number;
  readonly applied: number;
  readonly row: number;
}

/** A read of one side in one snapshot, and the log position taken after it. */
interface Read {
  readonly half: Half;
  readonly position: number;
  readonly readTo: number;
}

interface Moment {
  readonly done: number;
  readonly s: Half;
  readonly t: Half;
  readonly skipped: boolean;
  readonly source: Read | null;
  readonly target: Read | null;
  readonly quiet: boolean;
}

const EMPTY: Half = { commits: [], visible: 0, captured: 0, applied: 0, row: 0 };
const OTHER = { s: 't', t: 's' } as const;

/** Tries every order of steps. */
export function exploreTwoWay(setting: TwoWaySetting): TwoWayExploration {
  const first: Moment = { done: 0, s: EMPTY, t: EMPTY, skipped: false, source: null, target: null, quiet: false };
  const known = new Set([JSON.stringify(first)]);
  const todo = [first];
  const verdicts = { CLEAN: 0, DIVERGED: 0, PENDING: 0, STALLED: 0, CONFLICT: 0, UNKNOWN: 0 };
  const flaws = new Set<'false_divergence' | 'false_capture_divergence' | 'missed'>();
  let atRest = 0;
  const emit = (next: Moment) => {
    const name = JSON.stringify(next);
    if (known.has(name)) return;
    known.add(name);
    todo.push(next);
  };
  for (let i = 0; i < todo.length; i += 1) {
    const moment = todo[i];
    if (moment === undefined) break;
    for (const side of ['s', 't'] as const) sideSteps(moment, side, setting, emit);
    readSteps(moment, emit);
    const { source, target } = moment;
    if (source === null || target === null || source.readTo < 0 || target.readTo < 0) continue;
    const { verdict, captureDiverged } = judge(moment, source, target);
    verdicts[verdict] += 1;
    if (captureDiverged) flaws.add('false_capture_divergence');
    if (verdict === 'DIVERGED' && setting.inTurn && setting.skippedAt === null) flaws.add('false_divergence');
    if (moment.quiet && source.half.row !== target.half.row) {
      atRest += 1;
      const isOver = !hasWritten(source, moment.s) && !hasWritten(target, moment.t);
      if (verdict === 'CLEAN' || (isOver && verdict !== 'DIVERGED')) flaws.add('missed');
    }
  }
  return { verdicts, atRest, flaws };
}

/** A row that was committed and is not visible is locked: nothing else writes it meanwhile. */
const isLocked = (half: Half) => half.visible < half.commits.length;

function sideSteps(moment: Moment, side: 's' | 't', setting: TwoWaySetting, emit: (next: Moment) => void): void {
  const half = moment[side];
  const other = moment[OTHER[side]];
  const put = (more: Partial<Half>, rest: Partial<Moment> = {}) =>
    emit({ ...moment, ...rest, [side]: { ...half, ...more } });
  if (setting.writes[moment.done] === side && !isLocked(half)) {
    const mayWrite = !setting.inTurn || (half.applied === other.commits.length && !isLocked(other));
    if (mayWrite) put({ commits: [...half.commits, moment.done + 1] }, { done: moment.done + 1 });
  }
  const next = half.commits[half.visible];
  if (next !== undefined) put({ visible: half.visible + 1, row: next });
  if (half.captured < half.commits.length) put({ captured: half.captured + 1 });
  const change = other.commits[half.applied];
  if (change !== undefined && half.applied < other.captured && !isLocked(half)) {
    put({ applied: half.applied + 1, row: change });
    if (setting.skippedAt === side && !moment.skipped) put({ applied: half.applied + 1 }, { skipped: true });
  }
}

const hasWritten = ({ half }: Read, now: Half) => now.commits.length > half.commits.length;

/** S, L, its fence; then T, its L, its fence. */
function readSteps(moment: Moment, emit: (next: Moment) => void): void {
  const { s, t, source, target } = moment;
  const isFresh = (half: Half, other: Half) => half.applied === other.commits.length && !isLocked(half);
  if (source === null) {
    emit({ ...moment, source: { half: s, position: -1, readTo: -1 }, quiet: isFresh(s, t) && isFresh(t, s) });
  } else if (source.position < 0) emit({ ...moment, source: { ...source, position: s.commits.length } });
  else if (source.readTo < 0) {
    if (s.captured >= source.position) emit({ ...moment, source: { ...source, readTo: s.captured } });
  } else if (target === null) {
    const rested = !hasWritten(source, s) && source.half.applied === t.commits.length;
    const quiet = moment.quiet && rested && isFresh(t, s);
    emit({ ...moment, target: { half: t, position: -1, readTo: -1 }, quiet });
  } else if (target.position < 0) emit({ ...moment, target: { ...target, position: t.commits.length } });
  else if (target.readTo < 0 && t.captured >= target.position) {
    emit({ ...moment, target: { ...target, readTo: t.captured } });
  }
}

const row = (value: number) => ({ texts: [String(value)], tokens: [String(value)], copies: 1 });

function judge({ s, t }: Moment, source: Read, target: Read) {
  return judgeKey({
    source: row(source.half.row),
    target: row(target.half.row),
    columns: ['value'],
    forward: flowOf(source, s.commits, target),
    reverse: flowOf(target, t.commits, source),
    ownership: null,
    sourceRowTxId: null,
    targetRowTxId: null,
    stalledAfterMs: 1,
  });
}

/** The direction that `writer` writes and `follower` applies; each commit is an event at the offset of its position. */
function flowOf(writer: Read, sinceCommitted: readonly number[], follower: Read): FlowEvidence {
  const FIRST = 100n;
  const end = FIRST + BigInt(writer.half.visible);
  const next = BigInt(follower.half.applied);
  const readTo = Math.max(writer.readTo, follower.half.applied);
  const commits = writer.half.commits.length;
  return {
    snapshot: {
      xmin: end,
      xmax: FIRST + BigInt(commits),
      running: new Set(commits > writer.half.visible ? [end] : []),
    },
    partitions: [
      {
        part: 0,
        baseline: { offset: 0n, transactionId: 0n },
        heldSince: 'start',
        fencePassed: true,
        readTo: BigInt(readTo),
        applied: { kind: 'exact', next },
        stillMs: 0,
        jumps: [],
        appliedAtReverseBaseline: 0n,
        topic: { kind: 'whole' },
      },
    ],
    grown: false,
    ordered: true,
    events: sinceCommitted.slice(0, readTo).map((value, i) => ({
      part: 0,
      offset: BigInt(i),
      position: null,
      op: 'u',
      txId: FIRST + BigInt(i),
      repeat: false,
      epoch: 'current',
      echo: false,
      heldBeforeRead: false,
      sourceTsUs: 0n,
      after: row(value),
    })),
    appliedDropsRepeats: true,
    looks: [],
  };
}
