import { ID_BYTES, isPlausibleMs, isTooLong } from '../core/bounds.ts';
import { correlate, type Headers } from '../core/saga/correlate.ts';
import type { SourceRecord, TopicPartition } from '../ports/eventSource.ts';
import type { SagaEventFact } from '../ports/factStore.ts';
import type { SagaPlan } from './ingestPlan.ts';
import { readTraceparent } from './readTraceparent.ts';

export type SagaRecordOutcome =
  | { readonly kind: 'event'; readonly event: SagaEventFact }
  | { readonly kind: 'other' }
  | { readonly kind: 'dead'; readonly detail: string };

const PAYLOAD_CAP = 16_384;

/** Reads a record as an event of one saga: `other` if it is none of its events, dead if it is and names no instance. */
export function readSagaRecord(
  plan: SagaPlan,
  { topic, partition }: TopicPartition,
  record: SourceRecord,
): SagaRecordOutcome {
  const { saga, context } = plan;
  const text = record.value === null ? '' : record.value.toString();
  const named = record.headers.saga;
  if (named !== undefined && named !== saga.id) return { kind: 'other' };
  const eventType = record.headers[saga.typeHeader] ?? payloadType(text);
  if (eventType === null) {
    if (named === undefined) return { kind: 'other' };
    return {
      kind: 'dead',
      detail: `the message names saga ${saga.id} but has neither header ${saga.typeHeader} nor a type`,
    };
  }
  if (named === undefined && !plan.events.has(eventType)) return { kind: 'other' };
  const identity = correlate(saga.correlate, record.headers, record.key === null ? null : record.key.toString());
  if (identity === null) {
    return {
      kind: 'dead',
      detail: `${eventType} names no instance of saga ${saga.id}: its correlation header is missing`,
    };
  }
  const trace = readTraceparent(record.headers.traceparent);
  const atUs = eventTimeUs(record);
  const messageId = identity.messageId ?? `${topic}/${partition}/${record.offset}`;
  const service = record.headers.service ?? record.headers.ce_source ?? null;
  const long = [identity.instance, messageId, identity.causationId, eventType, service].find(
    (id) => id !== null && isTooLong(id),
  );
  if (long !== undefined && long !== null) {
    return { kind: 'dead', detail: `an id of the event is longer than ${ID_BYTES} bytes: ${long.slice(0, 80)}...` };
  }
  if (!isPlausibleMs(atUs / 1000)) return { kind: 'dead', detail: "the event's time is not between 1970 and 2200" };
  const event: SagaEventFact = {
    context,
    sagaType: saga.id,
    sagaId: identity.instance,
    messageId,
    causationId: identity.causationId,
    eventType,
    service,
    atUs,
    deadlineUs: atUs + saga.deadlineMs * 1000,
    offset: record.offset,
    traceId: trace?.traceId ?? null,
    spanId: trace?.spanId ?? null,
    payload: text.length <= PAYLOAD_CAP ? text : null,
  };
  return { kind: 'event', event };
}

/** The emitter's own time where it gives one, never after the broker's. */
function eventTimeUs(record: SourceRecord): number {
  const brokerMs = record.timestampMs;
  const stated = statedMs(record.headers);
  return Math.min(stated ?? brokerMs, brokerMs) * 1000;
}

function statedMs(headers: Headers): number | null {
  const text = headers['occurred-at'] ?? headers.ce_time;
  const ms = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isFinite(ms) ? ms : null;
}

function payloadType(text: string): string | null {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null || !('type' in parsed)) return null;
    return typeof parsed.type === 'string' ? parsed.type : null;
  } catch {
    return null;
  }
}
