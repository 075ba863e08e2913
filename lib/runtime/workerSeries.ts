import type { Pool } from 'pg';
import { Counter, Gauge, type Registry } from 'prom-client';
import { readWorkerFigures, type WorkerFigures } from '../adapters/store/workerFigures.ts';
import type { SpanReceivers } from './spanReceivers.ts';

const FIGURES_WITHIN_MS = 3_000;

/** Registers the worker's own series; figures of the store are read at each scrape, unknown ones are left out. */
export function registerWorkerSeries(
  registry: Registry,
  pool: Pool,
  consumer: string,
  receivers: SpanReceivers | null,
): void {
  const gauge = (name: string, help: string, labelNames: string[], set: (g: Gauge, figures: WorkerFigures) => void) => {
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      async collect() {
        this.reset();
        const known = await figures();
        if (known !== null) set(this, known);
      },
    });
  };
  let cached: { readonly atMs: number; readonly figures: Promise<WorkerFigures | null> } | undefined;
  // Without the store its figures are unknown; the process's own are served all the same.
  const figures = (): Promise<WorkerFigures | null> => {
    const nowMs = performance.now();
    if (cached === undefined || nowMs - cached.atMs > 1_000) {
      cached = { atMs: nowMs, figures: inTime(readWorkerFigures(pool, consumer)) };
    }
    return cached.figures;
  };

  gauge(
    'banyan_ingest_records',
    'Records of a topic by what became of them.',
    ['topic', 'outcome'],
    (g, { ingest }) => {
      for (const row of ingest) {
        g.set({ topic: row.topic, outcome: 'received' }, row.received);
        g.set({ topic: row.topic, outcome: 'counted' }, row.counted);
        g.set({ topic: row.topic, outcome: 'duplicate' }, row.duplicates);
        g.set({ topic: row.topic, outcome: 'dead_letter' }, row.dead_lettered);
      }
    },
  );
  gauge('banyan_consumer_lag_messages', 'Messages of a topic that Banyan has not counted yet.', ['topic'], (g, f) => {
    for (const row of f.ingest) if (row.lag !== null) g.set({ topic: row.topic }, row.lag);
  });
  gauge('banyan_cdc_lag_seconds', 'Newest lag of a mapped table by hop.', ['context', 'table', 'hop'], (g, f) => {
    for (const { context, table, hop, lag_ms } of f.lags) {
      if (lag_ms !== null) g.set({ context, table, hop }, lag_ms / 1_000);
    }
  });
  gauge('banyan_rows_verified', 'Rows compared since the store began.', ['context', 'table'], (g, f) => {
    for (const { context, table, rows } of f.verified) g.set({ context, table }, rows);
  });
  if (receivers !== null) registerSpanSeries(registry, receivers);
}

/** The figures, or null if they can't be read or don't come before a scrape gives up. */
async function inTime(figures: Promise<WorkerFigures>): Promise<WorkerFigures | null> {
  let timer: NodeJS.Timeout | undefined;
  const timeIsUp = new Promise<null>((done) => {
    timer = setTimeout(() => done(null), FIGURES_WITHIN_MS);
  });
  const known = await Promise.race([figures.catch(() => null), timeIsUp]);
  clearTimeout(timer);
  return known;
}

function registerSpanSeries(registry: Registry, receivers: SpanReceivers): void {
  new Counter({
    name: 'banyan_spans_total',
    help: 'Spans by what became of them since this process began.',
    labelNames: ['outcome'],
    registers: [registry],
    collect() {
      const counts = receivers.ingest.counts();
      this.reset();
      this.inc({ outcome: 'accepted' }, Number(counts.accepted));
      this.inc({ outcome: 'duplicate' }, Number(counts.duplicates));
      for (const [reason, n] of Object.entries(counts.rejected)) this.inc({ outcome: `rejected_${reason}` }, Number(n));
    },
  });
}
