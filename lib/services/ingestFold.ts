// One batch of one partition becomes facts: decoded, freed of repeats, added up. Reads no clock and no store.
import { isPlausibleMs } from '../core/bounds.ts';
import type { ColumnShape } from '../core/cdc/columnShape.ts';
import { type CdcOutcome, type Change, decodeCdc, heartbeatServer } from '../core/cdc/debezium.ts';
import { keyText } from '../core/cdc/keyText.ts';
import type { RedeliveryFilter } from '../core/cdc/redelivery.ts';
import { ObservationFold, type SeriesKey } from '../core/lag/observationFold.ts';
import type { SourceRecord } from '../ports/eventSource.ts';
import type { BatchFacts, DeadLetterFact, KeyEventFact, SagaEventFact } from '../ports/factStore.ts';
import type { TopicPlan } from './ingestPlan.ts';
import { readSagaRecord } from './ingestSagaRecord.ts';
import { readTraceparent } from './readTraceparent.ts';

/** What is carried from batch to batch of one partition. */
export interface FoldState {
  readonly filter: RedeliveryFilter;
  readonly shape: ColumnShape;
}

/** The slowest hops seen in a batch, for the lag charts; microseconds. */
export interface HopLags {
  readonly captureUs: number;
  readonly produceUs: number;
}

export interface FoldedBatch {
  readonly facts: BatchFacts;
  readonly hops: HopLags | null;
}

interface Gathered {
  readonly observations: ObservationFold;
  /** Newest change of each key; its row's text is built at the end, once a key. */
  readonly changes: Map<string, { readonly change: Change; readonly record: SourceRecord }>;
  readonly heartbeats: Map<string, KeyEventFact>;
  readonly pendingOffsets: bigint[];
  readonly pendingTsUs: number[];
  readonly sagaEvents: SagaEventFact[];
  readonly deadLetters: DeadLetterFact[];
  readonly hopKeys: readonly { readonly capture: SeriesKey; readonly produce: SeriesKey }[];
  duplicates: number;
  hops: { captureUs: number; produceUs: number } | null;
}

const OTHER_AGE = "the record's timestamp is not between 1970 and 2200";

/** What one record adds that the store refused to take: a dead letter with the store's reason. */
export function refusedRecord(record: SourceRecord, detail: string): FoldedBatch {
  const facts: BatchFacts = {
    buckets: [],
    bins: [],
    keyEvents: [],
    pending: [],
    sagaEvents: [],
    deadLetters: [{ record, reason: 'store', detail }],
    learned: new Map(),
    received: 1,
    duplicates: 0,
  };
  return { facts, hops: null };
}

/** Folds records of one partition, in order, into what they add to the store. */
export function foldBatch(
  plan: TopicPlan,
  partition: number,
  state: FoldState,
  records: readonly SourceRecord[],
): FoldedBatch {
  const gathered: Gathered = {
    observations: new ObservationFold(),
    changes: new Map(),
    heartbeats: new Map(),
    pendingOffsets: [],
    pendingTsUs: [],
    sagaEvents: [],
    deadLetters: [],
    hopKeys: plan.flows.map((flow) => ({ capture: hopKey(flow, 'capture'), produce: hopKey(flow, 'produce') })),
    duplicates: 0,
    hops: null,
  };
  const isChangeTopic = plan.flows.length > 0 || plan.heartbeat;
  for (const record of records) {
    if (!isPlausibleMs(record.timestampMs)) gathered.deadLetters.push({ record, reason: 'bounds', detail: OTHER_AGE });
    else if (isChangeTopic) foldChangeRecord(plan, state, record, gathered);
    else foldSagaRecord(plan, partition, record, gathered);
  }
  const pending = plan.flows.map(({ context, series }) => {
    return { context, series, offsets: gathered.pendingOffsets, sourceTsUs: gathered.pendingTsUs };
  });
  const facts: BatchFacts = {
    buckets: gathered.observations.buckets(),
    bins: gathered.observations.bins(),
    keyEvents: keyEvents(gathered),
    pending: gathered.pendingOffsets.length === 0 ? [] : pending,
    sagaEvents: gathered.sagaEvents,
    deadLetters: gathered.deadLetters,
    learned: new Map(state.shape.learned),
    received: records.length,
    duplicates: gathered.duplicates,
  };
  return { facts, hops: gathered.hops };
}

function hopKey(flow: { context: string; series: string }, cohort: string): SeriesKey {
  return { context: flow.context, indicator: 'cdc_lag', series: flow.series, cohort, limitUs: 0n };
}

function foldChangeRecord(plan: TopicPlan, state: FoldState, record: SourceRecord, gathered: Gathered): void {
  const outcome: CdcOutcome = decodeCdc(
    record.value === null ? null : record.value.toString(),
    plan.columns,
    state.shape,
  );
  switch (outcome.kind) {
    case 'change':
      if (state.filter.isRepeat(outcome)) gathered.duplicates += 1;
      else if (plan.flows.length === 0) addHeartbeat(record, outcome.sourceTsUs, gathered);
      else addChange(outcome, record, gathered);
      return;
    case 'heartbeat':
      addHeartbeat(record, outcome.tsUs, gathered);
      return;
    case 'dead':
      gathered.deadLetters.push({ record, reason: outcome.reason, detail: outcome.detail });
      return;
    case 'tombstone':
    case 'ignored':
      // The delete before a tombstone says all there is to say; a tombstone sent again must not undo a later insert.
      return;
    default:
      outcome satisfies never;
  }
}

function addChange(change: Change, record: SourceRecord, gathered: Gathered): void {
  const brokerTsUs = record.timestampMs * 1000;
  // A source clock ahead of the broker's must not date evidence into the future.
  const eventTimeUs = Math.min(change.sourceTsUs, brokerTsUs + 999);
  gathered.changes.set(change.key, { change, record });
  if (change.snapshot) return;
  gathered.pendingOffsets.push(record.offset);
  gathered.pendingTsUs.push(eventTimeUs);
  const captureUs = Math.max(0, change.connectorTsUs - change.sourceTsUs);
  // The record's timestamp has milliseconds: the connector's is cut to the same, so that the hop is never negative.
  const produceUs = Math.max(0, brokerTsUs - Math.floor(change.connectorTsUs / 1000) * 1000);
  for (const { capture, produce } of gathered.hopKeys) {
    gathered.observations.add(capture, eventTimeUs, 'good', captureUs);
    gathered.observations.add(produce, eventTimeUs, 'good', produceUs);
  }
  gathered.hops ??= { captureUs: 0, produceUs: 0 };
  gathered.hops.captureUs = Math.max(captureUs, gathered.hops.captureUs);
  gathered.hops.produceUs = Math.max(produceUs, gathered.hops.produceUs);
}

/** Sorted by key, so that writers lock rows in one order. */
function keyEvents({ changes, heartbeats }: Gathered): KeyEventFact[] {
  const facts = [...heartbeats.values()];
  for (const { change, record } of changes.values()) {
    facts.push({
      key: change.key,
      offset: record.offset,
      op: change.op,
      txId: change.txId,
      commitLsn: change.position?.commitLsn ?? null,
      lsn: change.position?.lsn ?? null,
      sourceTsUs: change.sourceTsUs,
      after: change.after(),
      traceId: readTraceparent(record.headers.traceparent)?.traceId ?? null,
    });
  }
  return facts.sort((a, b) => (a.key < b.key ? -1 : 1));
}

function addHeartbeat(record: SourceRecord, tsUs: number, gathered: Gathered): void {
  const key = keyText([heartbeatServer(record.key?.toString() ?? null)]);
  gathered.heartbeats.set(key, {
    key,
    offset: record.offset,
    op: 'h',
    txId: null,
    commitLsn: null,
    lsn: null,
    sourceTsUs: Math.min(tsUs, record.timestampMs * 1000 + 999),
    after: null,
    traceId: null,
  });
}

function foldSagaRecord(plan: TopicPlan, partition: number, record: SourceRecord, gathered: Gathered): void {
  for (const sagaPlan of plan.sagas) {
    const outcome = readSagaRecord(sagaPlan, { topic: plan.topic, partition }, record);
    if (outcome.kind === 'event') gathered.sagaEvents.push(outcome.event);
    else if (outcome.kind === 'dead') {
      gathered.deadLetters.push({ record, reason: 'saga', detail: outcome.detail });
      return;
    }
  }
}
