import { stringify } from 'yaml';
import { ABSENT_CANARY, CANARIES } from './estate/canaries.ts';
import { HEARTBEAT_EVERY_MS } from './infra/connectors.ts';
import { OWNER_QUERY } from './ownerQuery.ts';
import { stockAccountedFor } from './stockInvariant.ts';
import { demoWaivers } from './waivers.ts';

export interface BanyanConfigOptions {
  readonly kafka: string;
  readonly connectUrl: string;
  /** Relaxed targets: a demonstration of the walk, not of the plan. */
  readonly fast: boolean;
  /** Where each change of a verdict is posted, if anywhere: DEMO_WEBHOOK_URL. */
  readonly webhookUrl: string | undefined;
  /** Milliseconds since 1970: waivers are dated by it. */
  readonly nowMs: number;
}

/** The criteria of the plan that are judged by counting, by stage. */
const COUNTED = {
  sync_data: ['cdc_lag', 'consistency', 'divergences'],
  route_reads: ['latency', 'error_rate', 'errors_vs_legacy', 'latency_vs_legacy', 'divergences'],
  route_writes: ['saga_success', 'transaction_time', 'stock_invariant', 'divergences', 'cdc_lag'],
} as const;

/** What --fast asks for instead of the plan's targets: evidence of a minute instead of a quarter of an hour. */
const RELAXED: Readonly<Record<string, object>> = {
  cdc_lag: { below: '1s', quantile: 0.95 },
  consistency: { above: 0.95 },
  latency: { below: '50ms', quantile: 0.95 },
  error_rate: { below: 0.02 },
  saga_success: { above: 0.95 },
  transaction_time: { below: '2s', quantile: 0.95 },
};

function criteria(fast: boolean): object {
  return Object.fromEntries(
    Object.entries(COUNTED).map(([stage, ids]) => [
      stage,
      // A day of evidence is the plan's own minimum; a demo that waits for it shows nothing.
      Object.fromEntries(ids.map((id) => [id, { ...(fast ? RELAXED[id] : {}), minDuration: '0s' }])),
    ]),
  );
}

const applied = {
  kind: 'table',
  query: 'select partition, next_offset from applied_offset where topic = $1',
};
const every = `${HEARTBEAT_EVERY_MS}ms`;

/** The demo's banyan.yaml; the passwords are taken from the environment, as in anybody's. */
export function banyanConfig({ kafka, connectUrl, fast, webhookUrl, nowMs }: BanyanConfigOptions): string {
  const document = {
    version: 1,
    migration: { id: 'acme', name: 'Acme shop' },
    kafka: { brokers: [kafka], clientId: 'banyan', groupId: 'banyan', startFrom: 'earliest' },
    connect: { url: connectUrl },
    databases: { monolith: { url: '${MONOLITH_URL}' }, inventory: { url: '${INVENTORY_URL}' } },
    alerts: {
      endpoints:
        webhookUrl === undefined
          ? []
          : [{ id: 'demo', url: webhookUrl, secret: '${DEMO_WEBHOOK_SECRET}', allowPrivate: true }],
    },
    contexts: [
      {
        id: 'inventory',
        name: 'Inventory',
        plan: 'strangler-six',
        relaxed: fast,
        services: { legacy: 'monolith', target: 'inventory-service', facade: 'facade' },
        telemetry: { sampling: 'none' },
        routes: [
          { id: 'get-inventory', kind: 'read', match: 'GET /api/inventory/{itemId}' },
          { id: 'adjust', kind: 'write', match: 'POST /api/inventory/adjust' },
        ],
        tables: [
          {
            id: 'inventory',
            source: { database: 'monolith', table: 'public.inventory', key: ['item_id'] },
            target: { database: 'inventory', table: 'public.stock_level', key: ['item_id'] },
            columns: {
              sku: 'sku',
              quantity: 'quantity',
              reserved: 'reserved',
              version: 'version',
              updated_at: { to: 'updated_at', compare: 'microseconds' },
            },
            topic: 'monolith.public.inventory',
            connector: 'monolith',
            heartbeat: { topic: '__debezium-heartbeat.monolith', every },
            applied,
            ownership: { source: OWNER_QUERY, target: OWNER_QUERY },
            reverse: {
              topic: 'inventory.public.stock_level',
              connector: 'inventory',
              heartbeat: { topic: '__debezium-heartbeat.inventory', every },
              applied,
            },
          },
        ],
        sagas: [placeOrder, transferStock],
        selfTest: {
          table: 'inventory',
          keys: [...CANARIES, ABSENT_CANARY].map(String),
          connection: { url: '${INVENTORY_CANARY_URL}' },
          patience: '2min',
        },
        invariants: [stockAccountedFor],
        criteria: criteria(fast),
        waivers: demoWaivers(nowMs),
      },
    ],
  };
  const note = fast ? '# Relaxed targets (--fast): not the plan of a real migration.\n' : '';
  return `# Written by the demo at each start.\n${note}${stringify(document, { lineWidth: 120 })}`;
}

const placeOrder = {
  id: 'place-order',
  topics: ['shop.orders', 'shop.inventory', 'shop.payments'],
  correlate: { header: 'correlation-id' },
  deadline: '10s',
  steps: [
    { event: 'OrderPlaced', service: 'orders' },
    { event: 'ItemReserved', service: 'inventory-service', compensation: 'ReservationReleased' },
    { event: 'PaymentCharged', service: 'payments' },
    { event: 'OrderConfirmed', service: 'orders' },
  ],
  completedBy: ['OrderConfirmed'],
  compensatedBy: ['OrderCancelled'],
  failedBy: ['ReservationReleaseFailed'],
};

const transferStock = {
  id: 'transfer-stock',
  topics: ['shop.transfers.commands', 'shop.transfers.replies'],
  correlate: { header: 'correlation-id' },
  deadline: '10s',
  steps: [
    { event: 'TransferRequested', service: 'orders' },
    { event: 'StockDebited', service: 'inventory-service', compensation: 'StockRefunded' },
    { event: 'StockCredited', service: 'inventory-service' },
    { event: 'TransferCompleted', service: 'orders' },
  ],
  completedBy: ['TransferCompleted'],
  compensatedBy: ['TransferCancelled'],
  failedBy: ['StockRefundFailed'],
};
