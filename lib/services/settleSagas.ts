// Each saga instance is judged once, when its deadline has passed and every record of its topics up to then has been
// counted; it enters the evidence at its deadline, with its outcome.

import { ObservationFold } from '../core/lag/observationFold.ts';
import type { SagaDefinition } from '../core/migration/definition.ts';
import { foldSaga } from '../core/saga/foldSaga.ts';
import type { ObservationStore, SagaToSettle, SettledSaga } from '../ports/observationStore.ts';

export interface SettleSagasOptions {
  readonly context: string;
  readonly saga: SagaDefinition;
  readonly consumer: string;
  /** Limit of the criterion transaction_time. */
  readonly transactionLimitUs: bigint;
  readonly store: ObservationStore;
}

/** Events may reach the broker this much after they happened. */
export const SETTLE_SLACK_MS = 2_000;

/** Settles what is due; returns how many were. The worker calls it every second. */
export async function settleSagas(options: SettleSagasOptions): Promise<number> {
  const { context, saga, store } = options;
  const countedUntilMs = await store.countedUntilMs(options.consumer, saga.topics);
  if (countedUntilMs === null) return 0;
  const untilUs = Math.floor((countedUntilMs - SETTLE_SLACK_MS) * 1000);
  let total = 0;
  for (;;) {
    const settled = await store.settleSagas(context, saga.id, untilUs, (due) => settle(options, due));
    total += settled;
    if (settled === 0) return total;
  }
}

function settle({ context, saga, transactionLimitUs }: SettleSagasOptions, due: readonly SagaToSettle[]) {
  const fold = new ObservationFold();
  const success = { context, indicator: 'saga_success', series: saga.id, cohort: 'all', limitUs: 0n };
  const time = { context, indicator: 'transaction_time', series: saga.id, cohort: 'all', limitUs: transactionLimitUs };
  const settled: SettledSaga[] = [];
  for (const { sagaId, facts } of due) {
    const state = foldSaga(saga, facts);
    if (state === null) continue;
    fold.add(success, state.deadlineUs, state.good ? 'good' : 'bad', null);
    // One that did not end took at least until its deadline, and is bad whatever the limit.
    const tookUs = state.durationUs ?? saga.deadlineMs * 1000;
    const slow = state.durationUs === null || tookUs >= Number(transactionLimitUs);
    fold.add(time, state.deadlineUs, slow ? 'bad' : 'good', tookUs);
    settled.push({ sagaId, outcome: state.outcome, reason: state.reason, lastEvent: state.lastEvent });
  }
  return { settled, deltas: { buckets: fold.buckets(), bins: fold.bins() } };
}
