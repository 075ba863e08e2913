import type { InvariantDefinition } from '../core/migration/definition.ts';
import type { HistogramBin } from '../core/stats/binQuantile.ts';
import type { CheckedInvariant, ComparedTable, CounterRow } from '../core/verdict/evidence.ts';
import type { CounterSelection } from '../core/verdict/indicators/indicator.ts';
import type { IndicatorKind } from '../core/verdict/verdict.ts';
import type { PartState } from './statusBoard.ts';

/** What a part of a worker last said of itself. */
export interface PartRow {
  readonly part: string;
  readonly state: PartState;
  readonly detail: string;
  readonly checkedAtMs: number;
}

/** A partition that ingest can't go on with, e.g. because of a gap. */
export interface StoppedPartition {
  readonly topic: string;
  readonly part: number;
  readonly reason: string;
}

/** An invariant as it is defined now, with the digest that its checks carry. */
export type AskedInvariant = Pick<InvariantDefinition, 'id' | 'title' | 'equals' | 'tolerance'> & {
  readonly definition: string;
};

/** Evidence as ingest, OTLP and verification have stored it; read only. */
export interface EvidenceStore {
  /** Counters per minute of buckets that start at or after `fromMs`; minutes long past may be a minute old. */
  counters(
    context: string,
    indicator: IndicatorKind,
    selection: CounterSelection,
    fromMs: number,
    nowMs: number,
  ): Promise<readonly CounterRow[]>;
  /** Merged bins of the display histogram since `fromMs`. */
  bins(
    context: string,
    indicator: IndicatorKind,
    selection: Pick<CounterSelection, 'series' | 'cohort'>,
    fromMs: number,
  ): Promise<readonly HistogramBin[]>;
  /** The longest end-to-end lag of the series sampled since `sinceMs`, newest sample of each; null is unknown. */
  sampledLagMs(context: string, series: readonly string[], sinceMs: number): Promise<number | null>;
  /** Instances that have begun and have no outcome yet. */
  pendingSagas(context: string, sagas: readonly string[]): Promise<number>;
  /** The newest report of each part. */
  parts(): Promise<readonly PartRow[]>;
  stoppedPartitions(): Promise<readonly StoppedPartition[]>;
  /** For each invariant: what its checks at or after `fromMs` found. */
  checkedInvariants(
    context: string,
    invariants: readonly AskedInvariant[],
    fromMs: number,
  ): Promise<readonly CheckedInvariant[]>;
  /** For each table: the pass since `fromMs` that counts (see ComparedTable), and what is open. */
  comparedTables(
    context: string,
    tables: readonly string[],
    fromMs: number,
    nowMs: number,
  ): Promise<readonly ComparedTable[]>;
}
