// Invented facts for seedStore: counters, histograms, comparisons, divergences, parts.
import type pg from 'pg';
import { seedConsistency } from './seedConsistency.ts';

export interface SeedFacts {
  readonly failing: boolean;
  /** The newest fact. */
  readonly untilMs: number;
  readonly nowMs: number;
  /** True: no part has reported and nothing was compared. */
  readonly silent: boolean;
}

const MINUTES = 75;

/** Writes counters for the last 75 minutes (with a gap of three), a comparison, divergences and part reports. */
export async function seedFacts(pool: pg.Pool, facts: SeedFacts): Promise<void> {
  await pool.query('insert into config_snapshot values ($1, $2, $3)', ['sha256:1', MIGRATION, iso(facts.nowMs - 4e6)]);
  await seedCounters(pool, facts);
  if (facts.silent) return;
  await seedConsistency(pool, facts);
  await seedParts(pool, facts);
}

const iso = (ms: number) => new Date(ms).toISOString();
const bin = (us: number) => Math.ceil(Math.log(Math.max(us, 1)) / Math.log(1.02));

const MIGRATION = {
  id: 'acme',
  name: 'Acme shop',
  contexts: [
    {
      id: 'inventory',
      name: 'Inventory',
      relaxed: true,
      routes: [
        { id: 'get-inventory', kind: 'read' },
        { id: 'adjust', kind: 'write' },
      ],
      tables: [
        {
          id: 'inventory',
          source: { database: 'monolith', schema: 'public', table: 'inventory', key: ['item_id'] },
          target: { database: 'inventory', schema: 'public', table: 'stock_level', key: ['item_id'] },
          topic: 'monolith.public.inventory',
          columns: [
            { from: 'quantity', to: 'quantity', compare: 'semantic' },
            { from: 'reserved', to: 'reserved', compare: 'semantic' },
            { from: 'sku', to: 'stock_code', compare: 'semantic', masked: true },
            { from: 'updated_at', to: 'updated_at', compare: 'microseconds' },
          ],
        },
        {
          id: 'reservation',
          source: { database: 'monolith', schema: 'public', table: 'reservation', key: ['order_id', 'line'] },
          target: { database: 'inventory', schema: 'public', table: 'reservation', key: ['order_id', 'line'] },
          topic: 'monolith.public.reservation',
        },
      ],
      sagas: [{ id: 'place-order' }, { id: 'transfer-stock' }],
    },
  ],
};

async function seedCounters(pool: pg.Pool, { failing, untilMs }: SeedFacts): Promise<void> {
  const buckets: unknown[][] = [];
  const bins: unknown[][] = [];
  const lastBucket = Math.floor(untilMs / 10_000) * 10_000;
  for (let i = MINUTES * 6; i >= 0; i -= 1) {
    if (i > 240 && i < 258) continue;
    const at = iso(lastBucket - i * 10_000);
    const late = failing && i < 150;
    const wave = Math.sin(i / 9) + Math.sin(i / 23) * 0.6;
    const add = (
      indicator: string,
      series: string,
      cohort: string,
      limitUs: number,
      n: number,
      bad: number,
      us: number,
    ) => {
      buckets.push(['inventory', indicator, series, cohort, limitUs, at, n, bad, 0, n * us]);
      if (us === 0) return;
      const counts = new Map([
        [bin(us / 3), n - Math.ceil(n / 20)],
        [bin(us), Math.ceil(n / 20)],
      ]);
      for (const [b, count] of counts) bins.push(['inventory', indicator, series, cohort, at, b, count]);
    };
    add('latency', 'get-inventory', 'service', 50_000, 480, 0, 15_000 + wave * 2500);
    add('latency', 'get-inventory', 'legacy', 50_000, 160, 0, 26_000 + wave * 2000);
    add('error_rate', 'get-inventory', 'service', 0, 480, i % 90 === 4 ? 1 : 0, 0);
    add('cdc_lag', 'inventory', 'apply', 1_000_000, 190, 0, 340_000 + wave * 90_000);
    add('consistency', 'inventory', 'applied', 1_000_000, 190, 0, 240_000 + wave * 60_000);
    add('consistency', 'inventory', 'verified', 1_000_000, 190, i % 40 === 3 ? 1 : 0, 460_000 + wave * 90_000);
    add('saga_success', 'place-order', 'all', 0, 80, late && i % 3 === 0 ? 2 : 0, 0);
    add('transaction_time', 'place-order', 'all', 2_000_000, 80, 0, 210_000 + wave * 30_000);
  }
  await pool.query(
    `insert into kpi_bucket
     select v->>0, v->>1, v->>2, v->>3, (v->>4)::bigint, (v->>5)::timestamptz, (v->>6)::bigint, (v->>7)::bigint,
            (v->>8)::bigint, round((v->>9)::numeric)
     from jsonb_array_elements($1::jsonb) v`,
    [JSON.stringify(buckets)],
  );
  await pool.query(
    `insert into kpi_bin
     select v->>0, v->>1, v->>2, v->>3, (v->>4)::timestamptz, (v->>5)::int, (v->>6)::bigint
     from jsonb_array_elements($1::jsonb) v`,
    [JSON.stringify(bins)],
  );
}

async function seedParts(pool: pg.Pool, { untilMs }: SeedFacts): Promise<void> {
  const span = {
    service: 'facade',
    name: 'GET /api/inventory/{itemId}',
    durationMs: 12.4,
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  };
  const event = { topic: 'monolith.public.inventory', partition: 2, offset: '88213', op: 'u', key: '10517' };
  const parts: [string, string, string, string | null, unknown][] = [
    ['store', 'ok', 'PostgreSQL 18.4, 2 ms', null, null],
    ['kafka', 'ok', '1 broker at 127.0.0.1:9092, 8 topics', null, null],
    ['topic:monolith.public.inventory', 'ok', '3 partitions, consumed to the end', null, event],
    [
      'connector:monolith',
      'down',
      'connector monolith is STOPPED since 12:20:10 UTC',
      'resume it: PUT /connectors/monolith/resume',
      null,
    ],
    ['otlp-http', 'ok', '1,204 spans/s on 127.0.0.1:4318', null, span],
    ['database:monolith', 'ok', 'PostgreSQL 18.4, role banyan_ro is read-only', null, null],
    ['database:inventory', 'degraded', 'answers slowly: 812 ms', 'look at its load', null],
    ['verify:inventory/inventory', 'ok', '2,000 rows compared in 3 s', null, null],
    [
      'continuous:inventory/inventory',
      'ok',
      '190 keys a second, 12 wait in memory, 0 in the store, 0 left out',
      null,
      { keysPerSec: 190, waiting: 12, stored: 0, skipped: '0' },
    ],
    ['evaluate', 'ok', 'evaluated 6 stages in 14 ms', null, null],
  ];
  for (const [part, state, detail, fix, sample] of parts) {
    await pool.query('insert into part_status values ($1, $2, $3, $4, $5, $6, $7, $8)', [
      part,
      'worker-1',
      state,
      detail,
      fix,
      iso(untilMs - 3_000_000),
      iso(untilMs),
      sample,
    ]);
  }
  await pool.query(`insert into span_source values ('facade', 412000, 3, 0, $1, $2)`, [iso(untilMs - 1000), span]);
  await pool.query(
    `insert into ingest_offset (consumer, topic, part, next_offset, epoch, owner, last_commit_lsn, received, counted, duplicates, dead_lettered, updated_at)
     values ('banyan', 'monolith.public.inventory', 2, 88214, 4, 'worker-1', 1715080, 88260, 88213, 46, 1, $1)`,
    [iso(untilMs - 300)],
  );
  await pool.query(
    `insert into dead_letter values ('monolith.public.inventory', 2, 4411, 'schema', 'mapped column quantity is a string, expected a number', $1, 812, $2, null, null, $3)`,
    [untilMs - 60_000, Buffer.alloc(32), iso(untilMs - 60_000)],
  );
}
