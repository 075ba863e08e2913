// Evidence of one criterion since the start of its epoch, as plain data.
import type { PartValue } from '../invariant/invariantTotal.ts';

/** Can Banyan see what it judges? A source it can't reach gives no data; sampled traces give a biased rate. */
export type SourceState =
  | { readonly state: 'reachable' }
  | { readonly state: 'unreachable'; readonly detail: string }
  | { readonly state: 'biased'; readonly detail: string };

export interface CountedMinute {
  /** Start of the minute, milliseconds since 1970. */
  readonly minuteMs: number;
  readonly n: number;
  readonly bad: number;
}

/** Sums of one counter series over one minute, as the store keeps them. */
export interface CounterRow extends CountedMinute {
  readonly unknown: number;
  /** Start of the newest bucket in the minute. */
  readonly lastBucketMs: number;
}

/** Observations that are good or bad. */
export interface CountedEvidence {
  readonly kind: 'counted';
  readonly n: number;
  readonly bad: number;
  /** Observations that could not be judged; not in n. */
  readonly unknown: number;
  /** Begun and not yet countable, e.g. sagas before their deadline. */
  readonly pending: number;
  /** Oldest first; minutes without observations left out. */
  readonly minutes: readonly CountedMinute[];
  /** The figure to show in the criterion's unit, e.g. p99 in ms; null is unknown. */
  readonly observed: number | null;
  readonly lastEvidenceMs: number | null;
  /** Says which required kind of observation has not been seen; null if none is wanting. */
  readonly wanting: string | null;
  readonly source: SourceState;
}

/** The comparison of one mapped table that counts, and what is open. */
export interface ComparedTable {
  readonly table: string;
  /** The newest clean pass, of the mapping of now, that finished since the epoch began; if none was clean, the newest; or null. */
  readonly pass: ComparisonPass | null;
  /** When a difference was last resolved: a pass with a repair in it is not a clean pass. */
  readonly lastResolvedMs: number | null;
  /** Open keys by row verdict. */
  readonly diverged: number;
  readonly stalled: number;
  readonly conflict: number;
  readonly unknown: number;
  readonly pending: number;
  /** Of `pending`, those not settled for longer than a minute. */
  readonly pendingLong: number;
}

export interface ComparisonPass {
  readonly startedMs: number;
  readonly finishedMs: number;
  readonly rowsCompared: number;
  readonly rangesTotal: number;
  readonly rangesDone: number;
  /** Keys that this pass left DIVERGED, STALLED, CONFLICT or UNKNOWN. */
  readonly notClean: number;
  /** Why it does not prove every row equal (changes forgotten, a repair, open keys); null for a clean pass. */
  readonly notCleanBecause: string | null;
}

/** What the comparison of both databases' rows found. */
export interface ComparisonEvidence {
  readonly kind: 'comparison';
  readonly tables: readonly ComparedTable[];
  readonly source: SourceState;
}

/** What the checks of one invariant found since the epoch began. */
export interface CheckedInvariant {
  readonly id: string;
  readonly title: string;
  /** What the sum must be: the configured number, or that of the first cut; null before there is one. */
  readonly expected: string | null;
  /** Checks that found a cut. */
  readonly cuts: number;
  /** Cuts at which the sum was off by more than the tolerance. */
  readonly violations: number;
  /** The newest such cut. */
  readonly violated: InvariantCut | null;
  readonly newest: InvariantCut | null;
  /** Why the newest check found no cut; null if it found one or there was none. */
  readonly unsettledBecause: string | null;
}

/** The figures of an invariant at one cut of its databases. */
export interface InvariantCut {
  readonly atMs: number;
  readonly total: string;
  readonly parts: readonly PartValue[];
}

export interface InvariantEvidence {
  readonly kind: 'invariants';
  readonly invariants: readonly CheckedInvariant[];
  readonly source: SourceState;
}

/** `none`: the criterion's input does not exist yet (its `missingInput` says so). */
export type CriterionEvidence = CountedEvidence | ComparisonEvidence | InvariantEvidence | { readonly kind: 'none' };
