// The words of a verdict. One stored verdict is read by the board, the gate, /metrics, the CLI and the webhooks;
// none of them computes it again (the one exception is `currentVerdict`, in stale.ts).

/** Verdict words, worst first. */
export const VERDICT_WORDS = ['fail', 'error', 'no_data', 'inconclusive', 'waived', 'pass'] as const;
export type VerdictWord = (typeof VERDICT_WORDS)[number];

export const STAGE_IDS = [
  'preparation',
  'build_service',
  'sync_data',
  'route_reads',
  'route_writes',
  'decommission',
] as const;
export type StageId = (typeof STAGE_IDS)[number];

export type Phase = 'not_started' | 'current' | 'done';

export const INDICATOR_KINDS = [
  'latency',
  'error_rate',
  'cdc_lag',
  'consistency',
  'saga_success',
  'transaction_time',
  'comparison',
  'invariant',
  'absence',
  'evidence',
  'signoff',
  'schema_compatibility',
  'prometheus',
] as const;
export type IndicatorKind = (typeof INDICATOR_KINDS)[number];

/** How the evidence of a criterion is judged (statistics.md, "Kinds of criterion"). */
export type CriterionKind = 'proportion' | 'quantile' | 'count' | 'comparison' | 'census' | 'attestation' | 'trend';

/** What a criterion asks for, and what of. */
export interface CriterionTarget {
  readonly id: string;
  readonly title: string;
  readonly indicator: IndicatorKind;
  readonly kind: CriterionKind;
  readonly op: 'lt' | 'gt' | 'eq';
  /** The target in the indicator's own unit: a rate 0..1, milliseconds, or a count. */
  readonly target: number;
  readonly unit: 'ratio' | 'ms' | 'count';
}

/** The target alone, of a criterion or of a verdict on it. */
export function targetOf({ id, title, indicator, kind, op, target, unit }: CriterionTarget): CriterionTarget {
  return { id, title, indicator, kind, op, target, unit };
}

/** One criterion of a stage of a plan, its target frozen for an epoch. */
export interface Criterion extends CriterionTarget {
  /** Quantile of a `quantile` criterion, e.g. 0.99. */
  readonly quantile?: number;
  /** Highest bad share that is good enough (p0); for p99 < c it is 0.01. */
  readonly badShareLimit?: number;
  /** Threshold in microseconds past which an observation is bad; 0 where badness is not a matter of time. */
  readonly limitUs: bigint;
  readonly alpha: number;
  readonly minDurationSec: number;
  /** The limit in words where kind, target and unit do not say it. */
  readonly limitWords?: string;
  /** Why its evidence cannot come yet; the criterion is then no_data with this sentence. */
  readonly missingInput?: string;
}

export interface CriterionVerdict extends CriterionTarget {
  readonly quantile: number | null;
  readonly verdict: VerdictWord;
  /** One sentence: value, limit, sample, since; printed unchanged by every reader. */
  readonly reason: string;
  /** The limit in words: "p99 below 1 s". */
  readonly limitText: string;
  readonly n: number;
  readonly failures: number;
  readonly pending: number;
  readonly unknown: number;
  /** Observed share of good events, or the counted figure; null without evidence. */
  readonly estimate: number | null;
  /** The figure to show, in `unit` (p99 in ms over the last hour, success ratio, error ratio, open divergences); null is unknown. */
  readonly observed: number | null;
  /** Anytime-valid bound of the bad share; null without evidence. */
  readonly bound: number | null;
  readonly eValue: number | null;
  readonly eThreshold: number | null;
  readonly alpha: number;
  /** Evidence still missing for a pass if no further failure comes; null where it does not apply. */
  readonly remaining: { readonly events: number; readonly etaSeconds: number | null } | null;
  /** When this criterion failed in this epoch and why; a failed epoch does not heal by waiting. */
  readonly failure?: CriterionFailure | null;
  /** Start of the evidence, RFC 3339. */
  readonly since: string;
  /** Newest evidence, RFC 3339, or null. */
  readonly lastEvidenceAt: string | null;
  readonly waiver: CriterionWaiver | null;
}

export interface CriterionFailure {
  /** RFC 3339. */
  readonly at: string;
  readonly reason: string;
}

/** A person's decision to go on without a criterion, until it expires. */
export interface CriterionWaiver {
  readonly by: string;
  readonly reason: string;
  /** RFC 3339. */
  readonly expiresAt: string;
}

export interface VerdictEpoch {
  readonly id: string;
  readonly build: string | null;
  readonly criteriaDigest: string;
  readonly attempt: number;
  readonly startedAt: string;
}

export interface StageVerdict {
  readonly schemaVersion: '1';
  readonly context: string;
  readonly stage: StageId;
  /** 1 to 6. */
  readonly stageNumber: number;
  readonly stageTitle: string;
  readonly phase: Phase;
  readonly verdict: VerdictWord;
  /** The worst criterion's sentence, with its id in front. */
  readonly reason: string;
  readonly evaluatedAt: string;
  readonly validUntil: string;
  readonly epoch: VerdictEpoch | null;
  readonly criteria: readonly CriterionVerdict[];
  /** True where a reader found it past its `validUntil` (stale.ts); never stored. */
  readonly stale?: boolean;
}

/** The worst of the words given; `no_data` of none. */
export function worstOf(words: Iterable<VerdictWord>): VerdictWord {
  let worst: VerdictWord | undefined;
  for (const word of words) {
    if (worst === undefined || VERDICT_WORDS.indexOf(word) < VERDICT_WORDS.indexOf(worst)) worst = word;
  }
  return worst ?? 'no_data';
}
