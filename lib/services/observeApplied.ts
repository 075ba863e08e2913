// Samples where the applier of one mapped table stands, and judges each change event once: applied within the limit of
// its commit, or not. The applied position is sampled often, so the time of application is an upper bound.
import { AppliedHistory, judgeApplication } from '../core/lag/appliedHistory.ts';
import { ObservationFold, type SeriesKey } from '../core/lag/observationFold.ts';
import { messageOf } from '../errors.ts';
import type { AppliedPositionSource } from '../ports/appliedPosition.ts';
import type { Clock } from '../ports/clock.ts';
import type { Judged, ObservationStore, OpenBatch } from '../ports/observationStore.ts';

export interface ObserveAppliedOptions {
  readonly context: string;
  /** Table id, or `<table id>:reverse`. */
  readonly series: string;
  readonly topic: string;
  readonly limitUs: bigint;
  readonly applied: AppliedPositionSource;
  readonly store: ObservationStore;
  readonly clock: Clock;
}

/** What the newest sample showed. */
export type AppliedView =
  | { readonly kind: 'unknown'; readonly detail: string; readonly atMs: number }
  | { readonly kind: 'known'; readonly positions: ReadonlyMap<number, bigint>; readonly atMs: number };

export interface AppliedObserver {
  /** Takes one sample and judges what it settles; the worker calls it every 100 ms. Rejects only when the store fails. */
  sample(): Promise<void>;
  readonly view: AppliedView;
}

/** Observes one mapped table in one direction. */
export function observeApplied(options: ObserveAppliedOptions): AppliedObserver {
  const { context, series, topic, limitUs, applied, store, clock } = options;
  const key: SeriesKey = { context, indicator: 'cdc_lag', series, cohort: 'apply', limitUs };
  const histories = new Map<number, AppliedHistory>();
  let view: AppliedView = { kind: 'unknown', detail: 'not sampled yet', atMs: clock.nowMs() };
  let droppedAtMs = 0;

  async function sample(): Promise<void> {
    const startMs = clock.nowMs();
    let positions: ReadonlyMap<number, bigint>;
    try {
      positions = await applied.read(topic);
    } catch (error) {
      view = { kind: 'unknown', detail: messageOf(error), atMs: clock.nowMs() };
      return;
    }
    const endMs = clock.nowMs();
    view = { kind: 'known', positions, atMs: endMs };
    const sampleOf = (partition: number) => {
      // An applier notes its first position when it applies its first change.
      return { startUs: startMs * 1000, endUs: endMs * 1000, nextOffset: positions.get(partition) ?? 0n };
    };
    for (const partition of positions.keys())
      if (!histories.has(partition)) histories.set(partition, new AppliedHistory());
    for (const [partition, history] of histories) history.add(sampleOf(partition));
    await store.judgePending(context, series, (open) => {
      for (const { partition } of open) {
        if (histories.has(partition)) continue;
        const history = new AppliedHistory();
        history.add(sampleOf(partition));
        histories.set(partition, history);
      }
      return judge(open);
    });
    if (endMs - droppedAtMs < 1_000) return;
    droppedAtMs = endMs;
    await store.dropApplied(context, series, positions);
  }

  function judge(open: readonly OpenBatch[]) {
    const fold = new ObservationFold();
    const judged: Judged[] = [];
    for (const { partition, firstOffset, entries } of open) {
      const history = histories.get(partition);
      if (history === undefined) continue;
      let count = 0;
      for (const { offset, sourceTsUs } of entries) {
        const verdict = judgeApplication(sourceTsUs, history.appliedBetween(offset), Number(limitUs));
        if (verdict.kind === 'pending') break;
        fold.add(key, sourceTsUs, verdict.judgement, verdict.lagUs);
        count += 1;
      }
      if (count > 0) judged.push({ partition, firstOffset, count });
    }
    return { judged, deltas: { buckets: fold.buckets(), bins: fold.bins() } };
  }

  return {
    sample,
    get view() {
      return view;
    },
  };
}
