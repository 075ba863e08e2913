import type { ShownValues } from '../core/consistency/causes.ts';
import type { ContextDefinition } from '../core/migration/definition.ts';
import type { HistogramBin } from '../core/stats/binQuantile.ts';
import type { StageVerdict, VerdictWord } from '../core/verdict/verdict.ts';
import type { PartState } from './statusBoard.ts';

/** The migration as the worker runs it, as far as pages need it. */
export interface MigrationView {
  readonly id: string;
  readonly name: string;
  readonly contexts: readonly ContextView[];
}

export interface ContextView extends Pick<ContextDefinition, 'id' | 'name' | 'relaxed'> {
  readonly routes: readonly { readonly id: string; readonly kind: 'read' | 'write' }[];
  readonly tables: readonly {
    readonly id: string;
    readonly source: string;
    readonly target: string;
    readonly topic: string;
    /** Key columns of the source, in order. */
    readonly key: readonly string[];
    readonly columns: readonly MappedColumn[];
  }[];
  readonly sagas: readonly { readonly id: string }[];
}

/** A compared pair of columns: `from` names it in findings, `to` is the target's own name. */
export interface MappedColumn {
  readonly from: string;
  readonly to: string;
  /** True if the configuration hides its values. */
  readonly masked: boolean;
}

/** The newest evaluation of a stage, as stored. */
export interface CurrentVerdictRow {
  readonly verdictId: string;
  readonly body: StageVerdict;
  readonly evaluatedAtMs: number;
  readonly validUntilMs: number;
}

export interface VerdictHistoryRow {
  readonly id: string;
  readonly word: VerdictWord;
  readonly reason: string;
  readonly evaluatedAt: string;
}

export interface AttemptRow {
  readonly number: number;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly reason: string;
  readonly openedBy: string;
  readonly build: string | null;
}

/** Which counters make a series, and over what time. */
export interface SeriesQuery {
  readonly context: string;
  readonly indicator: string;
  readonly cohorts: readonly string[];
  /** Null: every series of the indicator. */
  readonly series: readonly string[] | null;
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
}

/** Counters of one step; steps without any have no row. */
export interface CountedStep {
  readonly atMs: number;
  readonly n: number;
  readonly bad: number;
  readonly unknown: number;
}

/** The quantile of one step as a bin of the logarithmic histogram: 1.02^bin microseconds. */
export interface QuantileStep {
  readonly atMs: number;
  readonly n: number;
  readonly bin: number;
}

/** The greatest sampled lag of one step, or null where it was unknown. */
export interface SampledStep {
  readonly atMs: number;
  readonly lagMs: number | null;
}

/** When the newest of each kind of input came, or null if none ever did. */
export interface SourceAges {
  readonly changeEventAt: string | null;
  readonly spanAt: string | null;
  readonly comparisonAt: string | null;
}

export interface PartRow {
  readonly part: string;
  readonly worker: string;
  readonly state: PartState;
  readonly detail: string;
  readonly fix: string | null;
  readonly sinceAt: string;
  readonly checkedAt: string;
  /** The real thing received, as JSON text, or null. */
  readonly sample: string | null;
}

export interface VerifyRunRow {
  readonly id: string;
  readonly context: string;
  readonly table: string;
  readonly mode: string;
  readonly state: string;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly rowsCompared: number;
  /** By the verifier: the rows of the table as the catalogue estimates them, its rate, and when it will end. */
  readonly rowsEstimated: number | null;
  readonly rowsPerSec: number | null;
  readonly etaAt: string | null;
  /** Why a complete pass does not prove the table clean, or null. */
  readonly notCleanBecause: string | null;
  readonly rangesTotal: number;
  readonly rangesDone: number;
  readonly clean: number;
  readonly diverged: number;
  readonly pending: number;
  readonly stalled: number;
  readonly conflict: number;
  readonly unknown: number;
  readonly detail: string | null;
}

export const DIVERGENCE_STATES = ['DIVERGED', 'CONFLICT', 'UNKNOWN', 'STALLED', 'PENDING'] as const;
export type DivergenceState = (typeof DIVERGENCE_STATES)[number];

/** Both rows as text, and the change event that decided; null is not known, or no row. */
export interface DivergenceDetail {
  readonly reason: string | null;
  readonly source: ShownValues | null;
  readonly target: ShownValues | null;
  /** What the target should hold, where that is not the source row. */
  readonly expected: ShownValues | null;
  readonly topic: string | null;
  readonly partition: number | null;
  readonly offset: string | null;
  readonly firstBadOffset: string | null;
  readonly lsn: string | null;
  readonly txid: string | null;
  readonly op: string | null;
  /** When the change was committed at the source, and the row at the target. */
  readonly sourceCommittedAt: string | null;
  readonly targetCommittedAt: string | null;
  readonly traceId: string | null;
  readonly sagaId: string | null;
  /** What the newest look said that could not settle a proved divergence. */
  readonly lastLook: string | null;
}

export interface DivergenceRow {
  readonly context: string;
  readonly table: string;
  readonly key: string;
  readonly kind: string;
  readonly state: DivergenceState;
  readonly leg: string;
  readonly columns: readonly string[];
  readonly detail: DivergenceDetail;
  readonly firstSeenAt: string;
  readonly lastSeenAt: string;
  /** When a look found it clean again; null while it is open. */
  readonly resolvedAt: string | null;
}

/** Open divergences of one table, in the order in which they were first seen. */
export interface DivergenceQuery {
  readonly context: string;
  readonly table: string;
  readonly state: DivergenceState | null;
  readonly leg: string | null;
  /** Only those that come after this one. */
  readonly after: { readonly firstSeenMs: number; readonly key: string } | null;
  readonly limit: number;
}

/** What became of a command given to the worker. */
export interface CommandRow {
  readonly id: string;
  readonly kind: string;
  readonly input: unknown;
  readonly principal: string;
  readonly createdAt: string;
  readonly finishedAt: string | null;
  /** Null until it has ended. */
  readonly result: unknown;
}

/** The histogram of an indicator's series, and its counters over the same time. */
export interface SeriesHistogram {
  readonly bins: readonly HistogramBin[];
  readonly n: number;
  readonly bad: number;
}

export interface DivergenceCount {
  readonly context: string;
  readonly table: string;
  readonly kind: string;
  readonly state: DivergenceState;
  readonly count: number;
}

export interface IngestTotals {
  readonly topic: string;
  readonly received: number;
  readonly counted: number;
  readonly duplicates: number;
  readonly deadLettered: number;
  readonly stopped: string | null;
  readonly updatedAt: string;
}

export interface DeadLetterRow {
  readonly topic: string;
  readonly part: number;
  readonly offset: string;
  readonly reason: string;
  readonly detail: string;
  readonly at: string;
}

/** Everything that pages, API and metrics read of the store. Errors are BanyanError `unavailable`. */
export interface ReadStore {
  ping(): Promise<void>;
  migration(): Promise<MigrationView | null>;
  /** One context of the newest configuration, whole; null if it has none of that id. */
  contextDefinition(id: string): Promise<ContextDefinition | null>;
  currentVerdicts(): Promise<readonly CurrentVerdictRow[]>;
  verdictHistory(context: string, stage: string, limit: number): Promise<readonly VerdictHistoryRow[]>;
  attempts(context: string, stage: string, limit: number): Promise<readonly AttemptRow[]>;
  counted(query: SeriesQuery): Promise<readonly CountedStep[]>;
  quantiles(query: SeriesQuery, quantile: number): Promise<readonly QuantileStep[]>;
  sampledLag(query: SeriesQuery, hop: string): Promise<readonly SampledStep[]>;
  sourceAges(): Promise<SourceAges>;
  parts(): Promise<readonly PartRow[]>;
  /** The newest run, and the newest complete one, of each table among those begun after `sinceMs`. */
  verifyRuns(sinceMs: number): Promise<readonly VerifyRunRow[]>;
  divergenceCounts(): Promise<readonly DivergenceCount[]>;
  /** Open divergences, worst and newest first. */
  divergences(limit: number): Promise<readonly DivergenceRow[]>;
  divergencesOf(query: DivergenceQuery): Promise<readonly DivergenceRow[]>;
  /** What is known of one key: its open divergence, else the newest resolved one, else null. */
  divergence(context: string, table: string, key: string): Promise<DivergenceRow | null>;
  /** Over all of the query's time; its step is not used. */
  histogram(query: SeriesQuery): Promise<SeriesHistogram>;
  command(id: string): Promise<CommandRow | null>;
  ingestTotals(): Promise<readonly IngestTotals[]>;
  deadLetters(limit: number): Promise<readonly DeadLetterRow[]>;
}
