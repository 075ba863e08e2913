// The inserts of one ingest batch, each one statement over unnest, each in the caller's transaction.
import { createHash } from 'node:crypto';
import type { PoolClient } from 'pg';
import type { JsonType } from '../../core/cdc/columnShape.ts';
import type { DeadLetterFact, KeyEventFact, PendingFact, SagaEventFact } from '../../ports/factStore.ts';
import { int8Array, textArray } from '../binaryArray.ts';
import { arrayLiteral, storable } from './arrayLiteral.ts';

const HEAD_BYTES = 4_096;

const KEY_EVENTS = `insert into key_event as k (topic, key, part, "offset", op, tx_id, commit_lsn, lsn, source_ts_us, after, trace_id)
  select $1, key, $2, o, op, tx, commit_lsn, lsn, ts, after, trace
  from unnest($3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::text[], $11::text[])
    as t(key, o, op, tx, commit_lsn, lsn, ts, after, trace)
  on conflict (topic, key) do update set part = excluded.part, "offset" = excluded."offset", op = excluded.op, tx_id = excluded.tx_id,
    commit_lsn = excluded.commit_lsn, lsn = excluded.lsn, source_ts_us = excluded.source_ts_us, after = excluded.after, trace_id = excluded.trace_id
  where k.part = excluded.part or k.source_ts_us <= excluded.source_ts_us`;

/** Newest event a key. A partition is read in order; a key comes from two only if partitions were added: then time decides. */
export async function writeKeyEvents(
  client: PoolClient,
  topic: string,
  part: number,
  facts: readonly KeyEventFact[],
): Promise<void> {
  if (facts.length === 0) return;
  const values = [
    topic,
    part,
    textArray(facts.map(({ key }) => key)),
    int8Array(facts.map(({ offset }) => offset)),
    textArray(facts.map(({ op }) => op)),
    arrayLiteral(facts.map(({ txId }) => txId)),
    arrayLiteral(facts.map(({ commitLsn }) => commitLsn)),
    arrayLiteral(facts.map(({ lsn }) => lsn)),
    int8Array(facts.map(({ sourceTsUs }) => sourceTsUs)),
    textArray(facts.map(({ after }) => after)),
    textArray(facts.map(({ traceId }) => traceId)),
  ];
  await client.query({ name: 'key-events', text: KEY_EVENTS, values });
}

/** Change events whose application is to be judged: one row a batch and mapped table. */
export async function writePending(
  client: PoolClient,
  topic: string,
  part: number,
  facts: readonly PendingFact[],
): Promise<void> {
  for (const { context, series, offsets, sourceTsUs } of facts) {
    await client.query({
      name: 'pending-apply',
      text: `insert into pending_apply (context, series, topic, part, first_offset, last_offset, offsets, source_ts_us, total)
        values ($1, $2, $3, $4, $5, $6, $7::bigint[], $8::bigint[], $9) on conflict do nothing`,
      values: [
        context,
        series,
        topic,
        part,
        String(offsets[0]),
        String(offsets.at(-1)),
        int8Array(offsets),
        int8Array(sourceTsUs),
        offsets.length,
      ],
    });
  }
}

const SAGA_EVENTS = `insert into saga_event (context, saga_type, saga_id, message_id, causation_id, event_type, service, at, topic, part, "offset", trace_id, span_id, payload)
  select c, st, sid, m, ca, e, s, to_timestamp(a / 1000000.0), $1, $2, o, t, sp, p
  from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::bigint[], $11::bigint[], $12::text[], $13::text[], $14::text[])
    as x(c, st, sid, m, ca, e, s, a, o, t, sp, p)
  on conflict (context, saga_type, saga_id, message_id) do nothing`;

const SAGA_INSTANCES = `insert into saga_instance as i (context, saga_type, saga_id, started_at, deadline_at, last_event, last_event_at)
  select c, st, sid, to_timestamp(a / 1000000.0), to_timestamp(d / 1000000.0), e, to_timestamp(l / 1000000.0)
  from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::bigint[]) as x(c, st, sid, a, d, e, l)
  on conflict (context, saga_type, saga_id) do update set
    started_at = least(i.started_at, excluded.started_at), deadline_at = least(i.deadline_at, excluded.deadline_at),
    last_event = case when excluded.last_event_at >= i.last_event_at then excluded.last_event else i.last_event end,
    last_event_at = greatest(i.last_event_at, excluded.last_event_at)
  where i.settled_at is null`;

/** Stores saga events once by message id and returns how many had been stored before. */
export async function writeSagaEvents(
  client: PoolClient,
  topic: string,
  part: number,
  facts: readonly SagaEventFact[],
): Promise<number> {
  if (facts.length === 0) return 0;
  const sorted = [...facts].sort(
    (a, b) => compare(instanceName(a), instanceName(b)) || compare(a.messageId, b.messageId),
  );
  const { rowCount } = await client.query({
    name: 'saga-events',
    text: SAGA_EVENTS,
    values: [
      topic,
      part,
      sorted.map(({ context }) => context),
      sorted.map(({ sagaType }) => sagaType),
      sorted.map(({ sagaId }) => storable(sagaId)),
      sorted.map(({ messageId }) => storable(messageId)),
      sorted.map(({ causationId }) => (causationId === null ? null : storable(causationId))),
      sorted.map(({ eventType }) => storable(eventType)),
      sorted.map(({ service }) => (service === null ? null : storable(service))),
      arrayLiteral(sorted.map(({ atUs }) => atUs)),
      arrayLiteral(sorted.map(({ offset }) => offset)),
      sorted.map(({ traceId }) => traceId),
      sorted.map(({ spanId }) => spanId),
      sorted.map(({ payload }) => (payload === null ? null : storable(payload))),
    ],
  });
  await writeSagaInstances(client, sorted);
  return sorted.length - (rowCount ?? 0);
}

async function writeSagaInstances(client: PoolClient, sorted: readonly SagaEventFact[]): Promise<void> {
  const instances = new Map<string, { first: SagaEventFact; last: SagaEventFact }>();
  for (const fact of sorted) {
    const known = instances.get(instanceName(fact));
    const first = known === undefined || fact.atUs < known.first.atUs ? fact : known.first;
    const last = known === undefined || fact.atUs >= known.last.atUs ? fact : known.last;
    instances.set(instanceName(fact), { first, last });
  }
  const rows = [...instances.values()];
  await client.query({
    name: 'saga-instances',
    text: SAGA_INSTANCES,
    values: [
      rows.map(({ first }) => first.context),
      rows.map(({ first }) => first.sagaType),
      rows.map(({ first }) => storable(first.sagaId)),
      arrayLiteral(rows.map(({ first }) => first.atUs)),
      arrayLiteral(rows.map(({ first }) => first.deadlineUs)),
      rows.map(({ last }) => storable(last.eventType)),
      arrayLiteral(rows.map(({ last }) => last.atUs)),
    ],
  });
}

/** Keeps what could not be read: its reason, its hash and its first bytes. */
export async function writeDeadLetters(
  client: PoolClient,
  topic: string,
  part: number,
  facts: readonly DeadLetterFact[],
): Promise<void> {
  if (facts.length === 0) return;
  await client.query(
    `insert into dead_letter (topic, part, "offset", reason, detail, timestamp_ms, size_bytes, sha256, key_head, value_head)
     select $1, $2, * from unnest($3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::int[], $8::bytea[], $9::bytea[], $10::bytea[])
     on conflict (topic, part, "offset") do nothing`,
    [
      topic,
      part,
      arrayLiteral(facts.map(({ record }) => record.offset)),
      facts.map(({ reason }) => reason),
      facts.map(({ detail }) => storable(detail).slice(0, 1_000)),
      arrayLiteral(facts.map(({ record }) => record.timestampMs)),
      arrayLiteral(facts.map(({ record }) => (record.key?.length ?? 0) + (record.value?.length ?? 0))),
      facts.map(({ record }) =>
        createHash('sha256')
          .update(record.value ?? '')
          .digest(),
      ),
      facts.map(({ record }) => record.key?.subarray(0, HEAD_BYTES) ?? null),
      facts.map(({ record }) => record.value?.subarray(0, HEAD_BYTES) ?? null),
    ],
  );
}

/** Keeps the JSON types that a topic's columns first showed. */
export async function writeLearned(
  client: PoolClient,
  topic: string,
  learned: ReadonlyMap<string, JsonType>,
): Promise<void> {
  if (learned.size === 0) return;
  const columns = [...learned.keys()].sort();
  await client.query(
    `insert into topic_shape (topic, column_name, json_type) select $1, * from unnest($2::text[], $3::text[]) on conflict do nothing`,
    [topic, columns, columns.map((column) => learned.get(column))],
  );
}

function instanceName({ context, sagaType, sagaId }: SagaEventFact): string {
  return `${context}\u0000${sagaType}\u0000${sagaId}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
