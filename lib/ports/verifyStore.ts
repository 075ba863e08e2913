import type { KeyRange } from '../core/consistency/keyRange.ts';
import type { RangeDigest } from '../core/consistency/rangeDigest.ts';
import type { DivergenceKind } from '../core/consistency/row.ts';
import type { Leg, RowVerdict } from '../core/consistency/rowVerdict.ts';

/** Which table of which context. */
export interface VerifyTarget {
  readonly context: string;
  readonly table: string;
}

/** A position in one partition of a topic: the offset of the event that comes next. */
export interface TopicOffset {
  readonly topic: string;
  readonly part: number;
  readonly nextOffset: bigint;
}

/** What a pass is begun with. */
export interface RunStart {
  /** The pass's id, if it is a new one. */
  readonly newId: string;
  readonly mappingDigest: string;
  /** Names the storage of both tables; a TRUNCATE or a rewrite gives another name. Null if it was not asked for. */
  readonly incarnation: string | null;
  readonly rowsEstimated: bigint | null;
  /** How far the changes had been read before the first range. */
  readonly offsets: readonly TopicOffset[];
}

/** One pass over a table. */
export interface VerifyRun extends VerifyTarget {
  readonly id: string;
  /** True if another process began it. */
  readonly resumed: boolean;
  /** Events from these offsets on came during the pass. */
  readonly startOffsets: readonly TopicOffset[];
}

/** A range of a run that this worker holds until its lease ends. */
export interface LeasedRange {
  readonly seq: number;
  readonly range: KeyRange;
}

/** Where Banyan's own ingest stands in one partition of a topic. */
export interface IngestPosition {
  readonly part: number;
  readonly nextOffset: bigint;
}

/** The finding on one key, ready to be stored. */
export interface KeyFinding {
  readonly key: string;
  readonly verdict: RowVerdict;
  /** When the rows were read, ms since 1970: of two verdicts the one with the later read holds. */
  readonly judgedAtMs: number;
  readonly kind: DivergenceKind;
  readonly leg: Leg;
  readonly columns: readonly string[];
  /** Plain JSON: reason, source, target, topic, partition, offset, commitLsn, txId, traceId. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** What a range gave; everything but the findings adds up over the ranges of a pass. */
export interface RangeResult {
  readonly rows: bigint;
  readonly source: RangeDigest;
  readonly target: RangeDigest;
  /** How many of its differing keys have each verdict. */
  readonly counts: ReadonlyMap<RowVerdict, number>;
  /** Those of their findings that are not stored yet. */
  readonly findings: readonly KeyFinding[];
}

/** What the verifier keeps: runs, ranges, divergences; and what it reads of the ingest's facts. */
export interface VerifyStore {
  /** Goes on with the table's pass of the same mapping and incarnation, or begins one (an older pass is cancelled). */
  openRun(target: VerifyTarget, start: RunStart, nowMs: number): Promise<VerifyRun>;
  /** Takes a waiting range, or one whose lease has ended; null if there is none. */
  leaseRange(runId: string, owner: string, nowMs: number, leaseMs: number): Promise<LeasedRange | null>;
  /** Holds the lease longer. False if another worker has the range now. */
  renewLease(runId: string, seq: number, owner: string, nowMs: number, leaseMs: number): Promise<boolean>;
  /** Keeps [lo, at) under the lease and puts [at, hi) back for any worker. False if the lease was lost. */
  splitRange(runId: string, seq: number, owner: string, at: readonly string[]): Promise<boolean>;
  /** Range done, progress, counts and findings in one transaction. False if the lease was lost: nothing is stored then. */
  finishRange(run: VerifyRun, seq: number, owner: string, result: RangeResult, nowMs: number): Promise<boolean>;
  /** Findings of keys that were looked at again. */
  storeFindings(run: VerifyRun, findings: readonly KeyFinding[]): Promise<void>;
  /** Keys not CLEAN now, in pages after a key, ascending. */
  openKeys(target: VerifyTarget, after: string | null, limit: number): Promise<readonly string[]>;
  /** Keys with an event at or past these offsets, in pages after a cursor. */
  changedKeys(since: readonly TopicOffset[], after: string | null, limit: number): Promise<readonly ChangedKey[]>;
  /** The first topic with a record that the ingest could not read, from these offsets up to its end; null if none has. */
  deadSince(since: readonly TopicOffset[], end: readonly TopicOffset[]): Promise<string | null>;
  /**
   * True when every range is done and this call ended the run; counts are taken from the open findings. The pass is a
   * clean one if none is open, no divergence was mended while it ran, and nothing that changed was `forgotten`.
   */
  finishRun(
    run: VerifyRun,
    settled: { readonly endOffsets: readonly TopicOffset[]; readonly forgotten: string | null },
    nowMs: number,
  ): Promise<boolean>;
  /** Ends the table's pass without an outcome; the next `openRun` begins a new one. */
  cancelRun(runId: string, reason: string, nowMs: number): Promise<void>;
  /** The same for every pass over the table that `openRun` would go on with. */
  cancelOpenRuns(target: VerifyTarget, reason: string, nowMs: number): Promise<void>;
  /** Gives back one range, or all that this worker holds. */
  releaseRanges(runId: string, owner: string, seq?: number): Promise<void>;
  /** Writes down why a pass stopped, unless another worker is at it; the next `openRun` goes on with it. */
  failRun(run: VerifyRun, detail: string, nowMs: number): Promise<void>;
  /** Writes down that a pass could not begin. */
  recordFailedRun(
    target: VerifyTarget,
    mappingDigest: string,
    id: string,
    detail: string,
    nowMs: number,
  ): Promise<void>;
  /** Events that Banyan's ingest has not read yet. */
  unreadEvents(): Promise<bigint>;
  counts(runId: string): Promise<RunCounts>;
  positions(topic: string): Promise<readonly IngestPosition[]>;
}

/** A key with a change. */
export interface ChangedKey {
  readonly key: string;
  /** Where the next page begins. */
  readonly cursor: string;
}

/** Where a pass stands. */
export interface RunCounts {
  readonly state: 'running' | 'complete' | 'failed' | 'cancelled';
  readonly startedAtMs: number;
  readonly detail: string | null;
  readonly rowsCompared: bigint;
  readonly rowsEstimated: bigint | null;
  /** Of the key range; null while no estimate is known. */
  readonly coveragePercent: number | null;
  readonly rowsPerSec: number | null;
  readonly etaAtMs: number | null;
  readonly rangesDone: number;
  readonly rangesTotal: number;
  readonly clean: bigint;
  readonly diverged: bigint;
  readonly pending: bigint;
  readonly stalled: bigint;
  readonly unknown: bigint;
  readonly conflict: bigint;
  /** Once complete: true if every row was found CLEAN and nothing was mended meanwhile. */
  readonly cleanPass: boolean | null;
  readonly notCleanBecause: string | null;
  /** Of the whole table. */
  readonly source: RangeDigest;
  readonly target: RangeDigest;
  readonly endOffsets: readonly TopicOffset[] | null;
}
