// The lag of each mapped table, hop by hop, once a second, for charts and captions. A lag that is unknown is null,
// never zero; one whose connector or applier stands still keeps growing.
import type { Clock } from '../ports/clock.ts';
import type { LagSampleRow, ObservationStore } from '../ports/observationStore.ts';
import type { HopLags } from './ingestFold.ts';
import type { AppliedView } from './observeApplied.ts';
import type { HeartbeatView } from './observeHeartbeat.ts';

export interface LagInputs {
  readonly context: string;
  readonly series: string;
  /** True while Kafka can be reached and is read. */
  readonly kafkaReachable: boolean;
  readonly hops: (HopLags & { readonly atMs: number }) | null;
  readonly heartbeat: HeartbeatView;
  readonly heartbeatEveryMs: number | null;
  readonly applied: AppliedView;
}

/** Samples one mapped table's hops now. */
export async function observeLag(
  inputs: LagInputs,
  store: ObservationStore,
  clock: Clock,
): Promise<readonly LagSampleRow[]> {
  const nowMs = clock.nowMs();
  const { context, series } = inputs;
  const atMs = Math.floor(nowMs / 1000) * 1000;
  const row = (hop: string, lagMs: number | null, detail: string | null): LagSampleRow => {
    return { context, table: series, hop, atMs, lagMs, detail };
  };
  const captureMs = captureLagMs(inputs, nowMs);
  const apply = await applyRow(inputs, store, nowMs, row);
  const rows = [
    row('capture', captureMs, inputs.kafkaReachable ? null : 'Kafka is unreachable'),
    row('produce', inputs.kafkaReachable && inputs.hops !== null ? inputs.hops.produceUs / 1000 : null, null),
    apply,
    row('end_to_end', endToEndMs(captureMs, apply.lagMs), apply.detail),
  ];
  await store.addLagSamples(rows);
  return rows;
}

/** Both hops are measured from the source commit, so the longer one is the whole; unknown while applying is. */
function endToEndMs(captureMs: number | null, applyMs: number | null): number | null {
  return applyMs === null ? null : Math.max(captureMs ?? 0, applyMs);
}

/** The last measured lag, or, once a heartbeat is overdue, the age of the oldest change that may be waiting. */
function captureLagMs({ kafkaReachable, hops, heartbeat, heartbeatEveryMs }: LagInputs, nowMs: number): number | null {
  if (!kafkaReachable) return null;
  const measuredMs = hops === null ? null : hops.captureUs / 1000;
  if (heartbeat.kind !== 'late' || heartbeatEveryMs === null) return measuredMs;
  return Math.max(measuredMs ?? 0, nowMs - heartbeat.newestMs - heartbeatEveryMs);
}

async function applyRow(
  { context, series, applied, kafkaReachable }: LagInputs,
  store: ObservationStore,
  nowMs: number,
  row: (hop: string, lagMs: number | null, detail: string | null) => LagSampleRow,
): Promise<LagSampleRow> {
  if (applied.kind === 'unknown') return row('apply', null, `the applied position is unknown: ${applied.detail}`);
  if (!kafkaReachable) return row('apply', null, 'Kafka is unreachable');
  const oldestUs = await store.oldestUnapplied(context, series, applied.positions);
  if (oldestUs !== null) return row('apply', Math.max(0, nowMs - oldestUs / 1000), null);
  return applied.positions.size === 0 ? row('apply', null, 'no change has been applied yet') : row('apply', 0, null);
}
