// A worker's ingest on a real broker and a real store, for the tests.
import { createHash } from 'node:crypto';
import { KafkaEventSource } from '../lib/adapters/kafka/kafkaEventSource.ts';
import type { Database } from '../lib/adapters/store/database.ts';
import { PgFactStore } from '../lib/adapters/store/factStore.ts';
import type { SagaDefinition } from '../lib/core/migration/definition.ts';
import type { FactStore } from '../lib/ports/factStore.ts';
import type { PartReport } from '../lib/ports/statusBoard.ts';
import { type Ingest, startIngest } from '../lib/services/ingest.ts';
import { ingestPlan } from '../lib/services/ingestPlan.ts';
import { inventoryMigration } from './inventoryMigration.ts';

export const SAGA: SagaDefinition = {
  id: 'place-order',
  topics: ['shop.orders'],
  correlate: { kind: 'header', header: 'correlation-id', messageId: 'message-id', causationId: 'causation-id' },
  typeHeader: 'type',
  steps: [
    { event: 'OrderPlaced', service: 'orders' },
    { event: 'ItemReserved', service: 'inventory-service', compensation: 'ReservationReleased' },
  ],
  deadlineMs: 10_000,
  completedBy: ['OrderConfirmed'],
  compensatedBy: ['OrderCancelled'],
  failedBy: ['ReservationReleaseFailed'],
  compensatedIsFailure: false,
};

export const CDC_TOPIC = 'monolith.public.inventory';
export const HEARTBEAT_TOPIC = '__debezium-heartbeat.monolith';

/** A migration of one table (with its heartbeat) and one saga. */
export const MIGRATION = inventoryMigration({
  topic: CDC_TOPIC,
  heartbeat: { topic: HEARTBEAT_TOPIC, everyMs: 1_000 },
  columns: ['quantity'],
  groupId: 'applier',
  sagas: [SAGA],
});

/** An envelope of an update of one item; `lsn` is also its transaction's. */
export function envelope(itemId: number, quantity: unknown, lsn: number, tsMs = Date.now()): string {
  return JSON.stringify({
    before: null,
    after: { item_id: itemId, quantity },
    source: {
      ts_ms: tsMs,
      snapshot: 'false',
      sequence: `["${lsn}","${lsn}"]`,
      schema: 'public',
      table: 'inventory',
      txId: lsn,
      lsn,
    },
    op: 'u',
    ts_ms: tsMs + 3,
  });
}

export interface Rig {
  readonly ingest: Ingest;
  /** Newest report of each part. */
  readonly reports: Map<string, PartReport>;
}

/** Starts one worker. `wrap` may put faults around its store. */
export function startRig(
  broker: string,
  database: Database,
  owner: string,
  wrap: (store: FactStore) => FactStore = (s) => s,
): Rig {
  const reports = new Map<string, PartReport>();
  const quiet = () => undefined;
  const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
  const ingest = startIngest({
    plans: ingestPlan(MIGRATION),
    consumer: 'banyan',
    owner,
    startFrom: 'earliest',
    brokers: broker,
    source: new KafkaEventSource({
      connection: { brokers: [broker], clientId: owner },
      groupId: 'banyan',
      logger,
      sessionTimeoutMs: 6_000,
    }),
    store: wrap(new PgFactStore(database.pool)),
    status: { report: (report) => void reports.set(report.part, report) },
    clock: { nowMs: () => Date.now() },
    logger,
    hash: ({ key, value }) =>
      createHash('sha256')
        .update(key ?? '')
        .update(value ?? '')
        .digest(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  });
  return { ingest, reports };
}

export interface Counters {
  readonly received: number;
  readonly counted: number;
  readonly duplicates: number;
  readonly dead: number;
}

/** The store's counters of one topic, over its partitions. */
export async function counters(database: Database, topic: string): Promise<Counters> {
  const { rows } = await database.pool.query<Counters>(
    `select coalesce(sum(received), 0)::int as received, coalesce(sum(counted), 0)::int as counted,
       coalesce(sum(duplicates), 0)::int as duplicates, coalesce(sum(dead_lettered), 0)::int as dead
     from ingest_offset where topic = $1`,
    [topic],
  );
  const row = rows[0];
  if (row === undefined) throw new Error('an aggregate has one row');
  return row;
}

/** Observations of the capture hop: one for each change event, so the sum is what was counted. */
export async function observed(database: Database): Promise<number> {
  const { rows } = await database.pool.query<{ n: number }>(
    `select coalesce(sum(n), 0)::int as n from kpi_bucket where indicator = 'cdc_lag' and cohort = 'capture'`,
  );
  return rows[0]?.n ?? 0;
}

/** Waits until a condition holds. */
export async function until(what: string, holds: () => Promise<boolean> | boolean, timeoutMs = 30_000): Promise<void> {
  const endMs = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() > endMs) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
