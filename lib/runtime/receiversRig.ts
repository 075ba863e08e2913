// What the integration tests of the receivers share: a store of their own, receivers on it, senders, and the counts.
import { randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { createTestDatabase } from '../../tools/testDatabase.ts';
import type { FixtureSpan } from '../adapters/otlp/otlpFixture.ts';
import { openDatabase } from '../adapters/store/database.ts';
import { type SpanReceivers, type SpanReceiversOptions, startSpanReceivers } from './spanReceivers.ts';

const QUIET = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const ROUTE = { id: 'get-inventory', method: 'GET', template: '/api/inventory/{}', latencyLimitUs: 50_000n };
export const ATTRIBUTES = {
  'banyan.route': 'service',
  'banyan.route_id': 'get-inventory',
  'http.response.status_code': 200,
};
export const PROTOBUF = { 'content-type': 'application/x-protobuf' };
export const JSON_TYPE = { 'content-type': 'application/json' };
/** Names the receivers' connections in pg_stat_activity. */
export const APPLICATION = 'otlp-test';

export interface ReceiversRig {
  readonly url: string;
  readonly pool: Pool;
  start(options?: Partial<SpanReceiversOptions>): Promise<SpanReceivers>;
  /** Empties the tables. */
  clear(): Promise<void>;
  /** Rows, what the sources say, and what the KPI counters say. */
  counted(): Promise<unknown>;
  close(): Promise<void>;
}

async function receiversRig(): Promise<ReceiversRig> {
  const url = await createTestDatabase('otlp');
  const { pool, close } = await openDatabase({ url, applicationName: APPLICATION, migrate: true });
  return {
    url,
    pool,
    close,
    start: (options = {}) =>
      startSpanReceivers({
        pool,
        contexts: [{ id: 'inventory', facade: 'facade', routes: [ROUTE] }],
        logger: QUIET,
        status: { report: () => undefined },
        httpPort: 0,
        grpcPort: 0,
        limits: { gatherMs: 5 },
        ...options,
      }),
    async clear() {
      await pool.query('truncate span, span_source, kpi_bucket, kpi_bin');
    },
    async counted() {
      const { rows } = await pool.query(
        `select (select count(*)::int from span) as spans,
          (select coalesce(sum(received), 0)::int from span_source) as received,
          (select coalesce(sum(duplicates), 0)::int from span_source) as duplicates,
          (select coalesce(sum(rejected), 0)::int from span_source) as rejected,
          (select coalesce(sum(n), 0)::int from kpi_bucket where indicator = 'latency') as latency,
          (select coalesce(sum(n), 0)::int from kpi_bucket where indicator = 'error_rate') as errors,
          (select coalesce(sum(n), 0)::int from kpi_bin) as bins`,
      );
      return rows[0];
    },
  };
}

/** Sets a rig and receivers on it up by vitest's hooks, empty for each test; its members are valid within tests. */
export function receiversSuite(): { readonly rig: ReceiversRig; readonly receivers: SpanReceivers } {
  let rig: ReceiversRig;
  let receivers: SpanReceivers;
  beforeAll(async () => {
    rig = await receiversRig();
  });
  afterAll(() => rig.close());
  beforeEach(async () => {
    await rig.clear();
    receivers = await rig.start();
  });
  afterEach(() => receivers.stop());
  return {
    get rig() {
      return rig;
    },
    get receivers() {
      return receivers;
    },
  };
}

/** The body of a JSON answer. */
export const jsonOf = async (response: Response) => (await response.json()) as Record<string, unknown>;

/** What `counted` says of n facade spans, each stored and counted once. */
export const allOf = (n: number) => ({ spans: n, latency: n, errors: n, bins: n });

export function facadeSpans(count: number, change: Partial<FixtureSpan> = {}): FixtureSpan[] {
  return Array.from({ length: count }, () => {
    const startNs = BigInt(Date.now()) * 1_000_000n;
    const endNs = startNs + 1_000_000n;
    return { traceId: randomBytes(16), spanId: randomBytes(8), startNs, endNs, attributes: ATTRIBUTES, ...change };
  });
}

/** Sends to a receiver's HTTP port. */
export function postTo(
  receivers: SpanReceivers,
  body: Buffer,
  headers: Record<string, string> = PROTOBUF,
  path = '/v1/traces',
): Promise<Response> {
  const address = `http://127.0.0.1:${receivers.http.port}${path}`;
  return fetch(address, { method: 'POST', body: new Uint8Array(body), headers });
}
