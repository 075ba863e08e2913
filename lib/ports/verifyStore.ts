import type { KeyRange } from '../core/consistency/keyRange.ts';
import type { DivergenceKind } from '../core/consistency/row.ts';
import type { Leg, RowVerdict } from '../core/consistency/rowVerdict.ts';

/** Which table of which context. */
export interface VerifyTarget {
  readonly context: string;
  readonly table: string;
}

/** One pass over a table. */
export interface VerifyRun extends VerifyTarget {
  readonly id: string;
  readonly resumed: boolean;
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
  readonly lastCommitLsn: bigint | null;
  readonly caughtUpAtMs: number | null;
  /** Why the partition does not move, or null. */
  readonly stopped: string | null;
}

/** The newest change event of a key. */
export interface NewestEvent {
  readonly key: string;
  readonly part: number;
  readonly offset: bigint;
  readonly op: string;
  readonly txId: bigint | null;
  readonly commitLsn: bigint | null;
  readonly sourceTsUs: bigint;
  readonly after: string | null;
  readonly traceId: string | null;
}

/** The finding on one key, ready to be stored. */
export interface KeyFinding {
  readonly key: string;
  readonly verdict: RowVerdict;
  readonly kind: DivergenceKind;
  readonly leg: Leg;
  readonly columns: readonly string[];
  /** Plain JSON: reason, source, target, topic, partition, offset, commitLsn, txId, traceId. */
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface RangeResult {
  readonly rows: bigint;
  readonly findings: readonly KeyFinding[];
}

/** What the verifier keeps: runs, ranges, divergences; and what it reads of the ingest's facts. */
export interface VerifyStore {
  /** Goes on with the table's running pass of the same mapping, or begins one (an older pass is cancelled). */
  openRun(target: VerifyTarget, mappingDigest: string, newId: string, nowMs: number): Promise<VerifyRun>;
  /** Takes a waiting range, or one whose lease has ended; null if there is none. */
  leaseRange(runId: string, owner: string, nowMs: number, leaseMs: number): Promise<LeasedRange | null>;
  /** Holds the lease longer. False if another worker has the range now. */
  renewLease(runId: string, seq: number, owner: string, nowMs: number, leaseMs: number): Promise<boolean>;
  /** Keeps [lo, at) under the lease and puts [at, hi) back for any worker. */
  splitRange(runId: string, seq: number, at: readonly string[]): Promise<void>;
  /** Range done, counts and findings in one transaction. False if the lease was lost: nothing is stored then. */
  finishRange(run: VerifyRun, seq: number, owner: string, result: RangeResult, nowMs: number): Promise<boolean>;
  /** Findings of keys that were looked at again. */
  storeFindings(run: VerifyRun, findings: readonly KeyFinding[], nowMs: number): Promise<void>;
  /** Keys not CLEAN now, in pages after a key, ascending. */
  openKeys(target: VerifyTarget, after: string | null, limit: number): Promise<readonly string[]>;
  /** True when every range is done and this call ended the run; counts are taken from the open findings. */
  finishRun(run: VerifyRun, nowMs: number): Promise<boolean>;
  /** Gives back one range, or all that this worker holds. */
  releaseRanges(runId: string, owner: string, seq?: number): Promise<void>;
  /** Writes down why a pass stopped and gives back what this worker holds; the next `openRun` goes on with it. */
  failRun(run: VerifyRun, owner: string, detail: string, nowMs: number): Promise<void>;
  /** Writes down that a pass could not begin. */
  recordFailedRun(
    target: VerifyTarget,
    mappingDigest: string,
    id: string,
    detail: string,
    nowMs: number,
  ): Promise<void>;
  counts(runId: string): Promise<RunCounts>;
  positions(topic: string): Promise<readonly IngestPosition[]>;
  /** By key text; `keyColumns` is the number of columns of the key. */
  newestEvents(topic: string, keys: readonly string[], keyColumns: number): Promise<ReadonlyMap<string, NewestEvent>>;
}

export interface RunCounts {
  readonly rowsCompared: bigint;
  readonly rangesDone: number;
  readonly rangesTotal: number;
  readonly diverged: bigint;
  readonly pending: bigint;
  readonly stalled: bigint;
  readonly unknown: bigint;
  readonly conflict: bigint;
}
