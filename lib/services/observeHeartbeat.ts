// A quiet connector and a dead one look alike, but for its heartbeats: one is expected in each gap, and a gap without
// one counts as bad. Only what Banyan can see counts: while it doesn't reach Kafka, or reads behind, nothing is counted.
import { ObservationFold } from '../core/lag/observationFold.ts';
import type { Clock } from '../ports/clock.ts';
import type { ObservationStore } from '../ports/observationStore.ts';

export interface ObserveHeartbeatOptions {
  readonly context: string;
  readonly series: string;
  readonly topic: string;
  readonly everyMs: number;
  readonly limitUs: bigint;
  readonly consumer: string;
  readonly store: ObservationStore;
  readonly clock: Clock;
}

/** A heartbeat may be this much later than its gap. */
export const HEARTBEAT_SLACK_MS = 1_000;
/** Kafka was read to its end this recently, or what is missing may just not be read yet. */
const CAUGHT_UP_MS = 3_000;

export type HeartbeatView =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'alive' | 'late'; readonly newestMs: number; readonly ageMs: number };

/** Counts the gap that has just ended, once; says how the heartbeat stands. The worker calls it every second or so. */
export async function observeHeartbeat(options: ObserveHeartbeatOptions): Promise<HeartbeatView> {
  const { context, series, topic, everyMs, limitUs, store, clock } = options;
  const nowMs = clock.nowMs();
  const { newestUs, caughtUpMs } = await store.heartbeatState(options.consumer, topic);
  // A connector that has never sent one may never have been set to: that is for its status to say.
  if (newestUs === null || caughtUpMs === null || nowMs - caughtUpMs > CAUGHT_UP_MS) return { kind: 'unknown' };
  const newestMs = newestUs / 1000;
  // Everything up to here has been read, so a newer heartbeat did not exist then.
  const ageMs = Math.max(0, caughtUpMs - newestMs);
  const late = ageMs > everyMs + HEARTBEAT_SLACK_MS;
  const slot = Math.floor(nowMs / everyMs);
  const fold = new ObservationFold();
  const key = { context, indicator: 'cdc_lag', series, cohort: 'heartbeat', limitUs };
  fold.add(key, slot * everyMs * 1000, late ? 'bad' : 'good', null);
  await store.countOnce(context, `${series}/heartbeat`, BigInt(slot), { buckets: fold.buckets(), bins: [] });
  return { kind: late ? 'late' : 'alive', newestMs, ageMs };
}
