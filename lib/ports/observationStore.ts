import type { BinDelta, BucketDelta } from '../core/lag/observationFold.ts';
import type { SagaFact } from '../core/saga/foldSaga.ts';
import type { GroupPosition } from './lagSource.ts';

/** Change events of one batch that have not been judged: `entries` in offset order. */
export interface OpenBatch {
  readonly partition: number;
  readonly firstOffset: bigint;
  readonly lastOffset: bigint;
  readonly entries: readonly { readonly offset: bigint; readonly sourceTsUs: number }[];
}

/** How many leading entries of a batch are judged now. */
export interface Judged {
  readonly partition: number;
  readonly firstOffset: bigint;
  readonly count: number;
}

export interface Deltas {
  readonly buckets: readonly BucketDelta[];
  readonly bins: readonly BinDelta[];
}

export interface LagSampleRow {
  readonly context: string;
  readonly table: string;
  readonly hop: string;
  readonly atMs: number;
  /** null: unknown, never zero. */
  readonly lagMs: number | null;
  readonly detail: string | null;
}

export interface SagaToSettle {
  readonly sagaId: string;
  readonly facts: readonly SagaFact[];
}

export interface SettledSaga {
  readonly sagaId: string;
  readonly outcome: string;
  readonly reason: string;
  readonly lastEvent: string;
}

/** What is known of a heartbeat topic. */
export interface HeartbeatState {
  /** Source time of the newest heartbeat; microseconds since 1970; null if none was ever counted. */
  readonly newestUs: number | null;
  /** The oldest moment, over the topic's partitions, at which it was read to its end; null if unknown. */
  readonly caughtUpMs: number | null;
}

/** What the observers keep; each method that counts is one transaction and counts once, however many workers call it. */
export interface ObservationStore {
  /**
   * Locks unjudged batches of a mapped table (those another worker holds are left out), and counts what `judge` says. Returns how many events were judged.
   */
  judgePending(
    context: string,
    series: string,
    judge: (open: readonly OpenBatch[]) => { readonly judged: readonly Judged[]; readonly deltas: Deltas },
  ): Promise<number>;
  /** Forgets judged batches that are wholly applied. */
  dropApplied(context: string, series: string, applied: ReadonlyMap<number, bigint>): Promise<void>;
  /**
   * Commit time of the oldest change not applied at these positions; microseconds; null if all are applied. Of a
   * partition without a position nothing is applied.
   */
  oldestUnapplied(context: string, series: string, applied: ReadonlyMap<number, bigint>): Promise<number | null>;
  heartbeatState(consumer: string, topic: string): Promise<HeartbeatState>;
  /** Counts the observation of one gap, unless that gap, or a later one, has been counted. */
  countOnce(context: string, series: string, slot: bigint, deltas: Deltas): Promise<boolean>;
  addLagSamples(rows: readonly LagSampleRow[]): Promise<void>;
  saveGroupPositions(groupId: string, positions: readonly GroupPosition[], atMs: number): Promise<void>;
  /** The moment up to which every partition of these topics has been counted; null while any is unknown. */
  countedUntilMs(consumer: string, topics: readonly string[]): Promise<number | null>;
  /** Locks instances whose deadline is before `untilUs`, settles them as `settle` says, and counts, in one transaction. */
  settleSagas(
    context: string,
    sagaType: string,
    untilUs: number,
    settle: (due: readonly SagaToSettle[]) => { readonly settled: readonly SettledSaga[]; readonly deltas: Deltas },
  ): Promise<number>;
}
