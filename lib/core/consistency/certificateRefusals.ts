// Why no certificate can be issued. It speaks of whole passes: each range clean, each change judged up to the pass's own
// offsets, nothing mended or mapped anew meanwhile. What is not known is a reason against it.
import type { RangeDigest } from './rangeDigest.ts';

/** The offset of the event that comes next in one partition. */
export interface VectorEntry {
  readonly topic: string;
  readonly part: number;
  readonly nextOffset: bigint;
}

/** The newest complete pass over a table. */
export interface CleanRun {
  readonly id: string;
  readonly mappingDigest: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly rowsCompared: bigint;
  readonly rangesDone: number;
  readonly rangesTotal: number;
  readonly coveragePercent: number;
  readonly clean: bigint;
  readonly diverged: bigint;
  readonly pending: bigint;
  readonly stalled: bigint;
  readonly conflict: bigint;
  readonly unknown: bigint;
  readonly cleanPass: boolean;
  readonly notCleanBecause: string | null;
  readonly source: RangeDigest;
  readonly target: RangeDigest;
  readonly startOffsets: readonly VectorEntry[];
  readonly endOffsets: readonly VectorEntry[];
}

/** One mapped table as a certificate would speak of it. */
export interface CertifiableTable {
  readonly table: string;
  /** Database, schema and table. */
  readonly source: string;
  readonly target: string;
  /** Of the mapping in force. */
  readonly mappingDigest: string;
  readonly run: CleanRun | null;
  /** Of a newer pass or, without any, of the newest one: its state and what it says. */
  readonly underWay: string | null;
  /** Keys that are divergent now, whatever the pass found. */
  readonly divergedNow: bigint;
  /** How far continuous verification is, in partitions that a worker holds. */
  readonly followed: readonly VectorEntry[];
  /** The oldest change of each partition that waits in the store to be judged. */
  readonly waiting: readonly VectorEntry[];
  /** True while the self-test may have rows of it wrong. */
  readonly canariesWrong: boolean;
}

export const REFUSAL_KINDS = [
  'no_table',
  'no_pass',
  'mapping_changed',
  'incomplete',
  'open_keys',
  'not_clean',
  'diverged_now',
  'gap',
  'not_settled',
  'self_test',
] as const;

export interface Refusal {
  readonly kind: (typeof REFUSAL_KINDS)[number];
  /** Null where it is about the whole context. */
  readonly table: string | null;
  /** One sentence. */
  readonly reason: string;
}

/** Every reason against a certificate over these tables; none is left out, so that one look tells all there is to do. */
export function certificateRefusals(tables: readonly CertifiableTable[]): readonly Refusal[] {
  if (tables.length === 0) return [{ kind: 'no_table', table: null, reason: 'the context maps no table' }];
  return tables.flatMap((facts) => refusalsOf(facts).map((refusal) => ({ ...refusal, table: facts.table })));
}

type Found = Omit<Refusal, 'table'>;

function refusalsOf(facts: CertifiableTable): readonly Found[] {
  const { run, divergedNow, canariesWrong } = facts;
  const now: Found[] = divergedNow > 0n ? [{ kind: 'diverged_now', reason: `${keys(divergedNow)} divergent now` }] : [];
  if (canariesWrong) now.push({ kind: 'self_test', reason: 'a self-test has made rows wrong on purpose' });
  if (run === null) {
    const how = facts.underWay === null ? 'none was begun' : facts.underWay;
    return [{ kind: 'no_pass', reason: `no pass over it is complete: ${how}` }, ...now];
  }
  return [...ofPass(facts, run), ...gaps(run), ...unsettled(facts, run), ...now];
}

function ofPass({ mappingDigest }: CertifiableTable, run: CleanRun): readonly Found[] {
  const found: Found[] = [];
  if (run.mappingDigest !== mappingDigest) {
    found.push({ kind: 'mapping_changed', reason: 'the mapping has changed since the newest complete pass' });
  }
  if (run.rangesTotal === 0 || run.rangesDone !== run.rangesTotal || run.coveragePercent !== 100) {
    found.push({
      kind: 'incomplete',
      reason: `the pass compared ${run.rangesDone} of ${run.rangesTotal} ranges, ${run.coveragePercent} % of the keys`,
    });
  }
  const open = (['diverged', 'pending', 'stalled', 'conflict', 'unknown'] as const).filter((word) => run[word] > 0n);
  if (open.length > 0) {
    const list = open.map((word) => `${run[word]} ${word}`).join(', ');
    found.push({ kind: 'open_keys', reason: `keys were not clean when the pass ended: ${list}` });
  }
  // Open keys are the reason that the pass itself gives; it is not said twice.
  if (!run.cleanPass && open.length === 0) {
    found.push({ kind: 'not_clean', reason: run.notCleanBecause ?? 'the pass was not a clean one' });
  }
  return found;
}

/** Changes that nobody can say were read. */
function gaps({ startOffsets, endOffsets }: CleanRun): readonly Found[] {
  if (endOffsets.length === 0) return [{ kind: 'gap', reason: 'no partition of a change topic was followed' }];
  const told: Found[] = [];
  for (const start of startOffsets) {
    const end = endOffsets.find(samePart(start));
    if (end === undefined) told.push({ kind: 'gap', reason: `${name(start)} was not followed to the end of the pass` });
    else if (end.nextOffset < start.nextOffset) {
      told.push({
        kind: 'gap',
        reason: `${name(start)} went back from offset ${start.nextOffset} to ${end.nextOffset}: its topic was made anew`,
      });
    }
  }
  for (const end of endOffsets) {
    if (startOffsets.some(samePart(end))) continue;
    told.push({ kind: 'gap', reason: `${name(end)} came during the pass: what it held before is not known` });
  }
  return told;
}

/** Changes below the vector that wait to be judged. */
function unsettled({ followed, waiting }: CertifiableTable, { endOffsets }: CleanRun): readonly Found[] {
  return endOffsets.flatMap((end): readonly Found[] => {
    const at = followed.find(samePart(end));
    if (at !== undefined && at.nextOffset < end.nextOffset) {
      const reason = `changes of ${name(end)} are judged up to offset ${at.nextOffset} of ${end.nextOffset}`;
      return [{ kind: 'not_settled', reason }];
    }
    const oldest = waiting.find(samePart(end));
    if (oldest === undefined || oldest.nextOffset >= end.nextOffset) return [];
    return [
      { kind: 'not_settled', reason: `a change of ${name(end)} at offset ${oldest.nextOffset} waits to be judged` },
    ];
  });
}

const samePart = (a: VectorEntry) => (b: VectorEntry) => a.topic === b.topic && a.part === b.part;
const name = ({ topic, part }: VectorEntry) => `${topic} partition ${part}`;
const keys = (n: bigint) => (n === 1n ? '1 key is' : `${n} keys are`);
