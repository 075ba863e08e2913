// Composition for the benchmark of span ingest: its own PostgreSQL, the receiver as the worker runs it, and the limit
// beside it, a bare COPY of the same rows into a table with the same indexes.
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, startEmbeddedPostgres } from '../adapters/embedded/embeddedPostgres.ts';
import { decodeProtobuf } from '../adapters/otlp/decodeProtobuf.ts';
import { type FixtureSpan, protobufRequest } from '../adapters/otlp/otlpFixture.ts';
import { openDatabase } from '../adapters/store/database.ts';
import { copySpans } from '../adapters/store/spanRows.ts';
import type { SpanRow } from '../core/trace/span.ts';
import { validateSpan } from '../core/trace/validateSpan.ts';
import { BanyanError } from '../errors.ts';
import { type SpanReceivers, startSpanReceivers } from './spanReceivers.ts';

/** Builds a request body in protobuf. */
export const spanRequest = (service: string, spans: readonly FixtureSpan[]): Buffer => protobufRequest(service, spans);

export interface BenchStore {
  readonly url: string;
  readonly folder: string;
  stop(): Promise<void>;
}

/** A PostgreSQL of its own, with fsync on as in use. */
export async function startBenchStore(): Promise<BenchStore> {
  const folder = mkdtempSync('/tmp/banyan-bench-');
  chmodSync(folder, 0o755);
  const server = await startEmbeddedPostgres({ dataDir: join(folder, 'pg'), port: await freePort() });
  await server.ensureDatabase('store');
  return {
    url: server.url('store'),
    folder,
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The receiver, with one context that counts the bench's facade spans. */
export async function startBenchReceiver(url: string): Promise<SpanReceivers> {
  const { pool } = await openDatabase({ url, applicationName: 'bench-otlp', migrate: true });
  const say = (fields: object, message: string): void => console.error(message, fields);
  const route = { id: 'get-inventory', method: 'GET', template: '/api/inventory/{}', latencyLimitUs: 50_000n };
  return startSpanReceivers({
    pool,
    contexts: [{ id: 'inventory', facade: 'facade', routes: [route] }],
    logger: { debug: () => undefined, info: () => undefined, warn: say, error: say },
    status: { report: () => undefined },
    httpPort: 0,
  });
}

export interface StoredCounts {
  readonly spans: number;
  readonly observations: number;
  readonly received: number;
}

/** What the store holds, to be compared with what was acknowledged. */
export async function storedCounts(url: string): Promise<StoredCounts> {
  const { pool } = await openDatabase({ url, applicationName: 'bench-otlp', migrate: false });
  const { rows } = await pool.query<Record<keyof StoredCounts, string>>(
    `select (select count(*) from span) as spans, (select coalesce(sum(received), 0) from span_source) as received,
       (select coalesce(sum(n + unknown), 0) from kpi_bucket where indicator = 'latency') as observations`,
  );
  await pool.end();
  const row = rows[0];
  if (row === undefined) throw new BanyanError('internal', 'the store answered nothing');
  return { spans: Number(row.spans), received: Number(row.received), observations: Number(row.observations) };
}

/** Decodes bodies into rows, outside of any measured time. */
function rowsOf(bodies: readonly Buffer[]): SpanRow[] {
  const receivedMs = Date.now();
  return bodies
    .flatMap((body) => decodeProtobuf(body, 1_000_000))
    .flatMap((decoded) => {
      const outcome = validateSpan(decoded, { receivedMs, retentionDays: 7 });
      return outcome.kind === 'accepted' ? [outcome.span] : [];
    });
}

/** The limit: the rows of the bodies, ready in memory, by COPY in transactions of 2,000; nothing is received or counted. */
export async function measureBareCopy(
  url: string,
  bodies: readonly Buffer[],
): Promise<{ spans: number; seconds: number; cpuSec: number }> {
  const { pool } = await openDatabase({ url, applicationName: 'bench-otlp', migrate: false });
  const rows = rowsOf(bodies);
  const client = await pool.connect();
  await client.query('truncate span');
  const cpuBefore = process.cpuUsage();
  const startedMs = performance.now();
  for (let from = 0; from < rows.length; from += 2_000) {
    await client.query('begin');
    await copySpans(client, rows.slice(from, from + 2_000), Date.now());
    await client.query('commit');
  }
  const seconds = (performance.now() - startedMs) / 1_000;
  const { user, system } = process.cpuUsage(cpuBefore);
  client.release();
  await pool.end();
  return { spans: rows.length, seconds, cpuSec: (user + system) / 1e6 };
}

/** CPU seconds used so far by the embedded server in `folder` and all of its processes (Linux), else null. */
export function postgresCpuSec(folder: string): number | null {
  try {
    const postmaster = readFileSync(join(folder, 'pg', 'postmaster.pid'), 'utf8').split('\n')[0] ?? '';
    let ticks = 0;
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const stat = statOf(pid);
      if (stat === undefined || (pid !== postmaster && stat.parent !== postmaster)) continue;
      ticks += stat.ticks + (pid === postmaster ? stat.endedChildrenTicks : 0);
    }
    return ticks / 100;
  } catch {
    return null;
  }
}

function statOf(pid: string): { parent: string; ticks: number; endedChildrenTicks: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [user, system, childUser, childSystem] = fields.slice(11, 15).map(Number);
    return {
      parent: fields[1] ?? '',
      ticks: (user ?? 0) + (system ?? 0),
      endedChildrenTicks: (childUser ?? 0) + (childSystem ?? 0),
    };
  } catch {
    return undefined;
  }
}
