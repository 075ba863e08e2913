// Invented comparisons for seedStore: passes over two tables, and rows that are not clean, of every state and leg.
import type pg from 'pg';

export interface SeedConsistency {
  readonly failing: boolean;
  /** The newest fact. */
  readonly untilMs: number;
}

interface SeedRow {
  readonly key: string;
  readonly kind?: 'different' | 'missing' | 'extra';
  readonly state?: string;
  readonly leg: string;
  readonly columns: readonly string[];
  readonly detail: object;
  readonly seenMinutesAgo: number;
  readonly resolved?: boolean;
}

/** Keys that share a fault: an event was applied twice. */
const TWICE = 11;

/** A pass that runs over one complete one, a table that was never compared whole, and divergences. */
export async function seedConsistency(pool: pg.Pool, { failing, untilMs }: SeedConsistency): Promise<void> {
  const iso = (ms: number) => new Date(ms).toISOString();
  const rows = failing ? [...wrongRows(untilMs), inFlight(untilMs)] : [inFlight(untilMs)];
  const diverged = rows.filter(({ state = 'DIVERGED', resolved }) => state === 'DIVERGED' && resolved !== true).length;
  const run = `insert into verify_run (id, context, "table", mode, state, started_at, finished_at, rows_compared, ranges_total,
      ranges_done, clean, diverged, pending, mapping_digest, detail, clean_pass, not_clean_because)
    values ($1, 'inventory', $2, 'sweep', $3::text, $4, $5, $6, 8, $7, $8, $9::bigint, $10, 'sha256:2', $11, case $3::text when 'complete' then $9::bigint = 0 end,
      case when $3::text = 'complete' and $9::bigint > 0 then 'keys are divergent' end)`;
  const complete = ['r1', 'inventory', 'complete', iso(untilMs - 14_000), iso(untilMs - 11_000)];
  await pool.query(run, [...complete, 2000, 8, 2000 - diverged - 2, diverged, 2, null]);
  await pool.query(run, ['r2', 'inventory', 'running', iso(untilMs - 3000), null, 750, 3, 750, 0, 0, null]);
  const denied = 'permission denied for table reservation; grant select on reservation to banyan_ro';
  const failed = ['r3', 'reservation', 'failed', iso(untilMs - 9000), iso(untilMs - 8000)];
  await pool.query(run, [...failed, 0, 0, 0, 0, 0, denied]);
  for (const { key, kind = 'different', state = 'DIVERGED', leg, columns, detail, seenMinutesAgo, resolved } of rows) {
    await pool.query(
      `insert into divergence (context, "table", key, kind, state, leg, columns, detail, first_seen_at, last_seen_at, resolved_at, run_id)
       values ('inventory', 'inventory', $1, $2, $3, $4, $5, $6, $7, $8, $9, 'r1')`,
      [
        key,
        kind,
        state,
        leg,
        columns,
        detail,
        iso(untilMs - seenMinutesAgo * 60_000),
        iso(untilMs - 2000),
        resolved === true ? iso(untilMs - 2000) : null,
      ],
    );
  }
}

const row = (quantity: string, sku = 'SKU-10517', updatedAt = '2026-11-21 12:14:04.120113+00') => ({
  quantity,
  reserved: '3',
  sku,
  updated_at: updatedAt,
});

function eventAt(untilMs: number, offset = 88_213) {
  return {
    topic: 'monolith.public.inventory',
    partition: 2,
    offset: String(offset),
    lsn: '0/1A2B88',
    txid: '7312',
    op: 'u',
    sourceTsUs: String(untilMs * 1000 - 2_880_000_000),
  };
}

function wrongRows(untilMs: number): SeedRow[] {
  const event = eventAt(untilMs);
  const twice: SeedRow[] = Array.from({ length: TWICE }, (_, i) => ({
    key: String(10_600 + i),
    leg: 'apply',
    columns: ['quantity'],
    detail: {
      ...eventAt(untilMs, 88_300 + i),
      reason: 'the event holds the right row and has been passed, and nobody else wrote at the target',
      source: row(String(20 + i)),
      target: row(String(21 + i)),
    },
    seenMinutesAgo: 30,
  }));
  return [
    {
      key: '10517',
      leg: 'apply',
      columns: ['quantity'],
      detail: {
        ...event,
        reason: 'event consumed, row not as the event says',
        targetTsUs: String(untilMs * 1000 - 2_879_400_000),
        firstBadOffset: '88190',
        traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
        sagaId: 'ord-77121',
        source: row('40'),
        expected: row('39'),
        target: row('44'),
      },
      seenMinutesAgo: 48,
    },
    {
      key: '10482',
      leg: 'capture',
      columns: ['quantity', 'sku'],
      detail: {
        ...event,
        reason: 'no change event for this update',
        source: row('7', 'abc\u202efdp\u200b<script>'),
        target: row('9'),
      },
      seenMinutesAgo: 47,
    },
    ...twice,
    {
      key: '10533',
      kind: 'missing',
      leg: 'apply',
      columns: [],
      detail: { ...event, reason: 'event consumed, no row', source: row('12'), target: null },
      seenMinutesAgo: 22,
    },
    {
      key: '10711',
      leg: 'rogue_write',
      columns: ['reserved'],
      detail: { ...event, reason: 'row changed outside the applier', source: row('5'), target: row('5') },
      seenMinutesAgo: 21,
    },
    {
      key: '10900',
      state: 'STALLED',
      leg: 'unknown',
      columns: ['quantity'],
      detail: { ...event, reason: 'the applier stands still at offset 88,210', source: row('5'), target: row('6') },
      seenMinutesAgo: 2,
    },
    {
      key: '10400',
      leg: 'apply',
      columns: ['quantity'],
      detail: { ...event, reason: 'event consumed, row not as the event says', source: row('1'), target: row('2') },
      seenMinutesAgo: 70,
      resolved: true,
    },
  ];
}

const inFlight = (untilMs: number): SeedRow => ({
  key: '10820',
  state: 'PENDING',
  leg: 'unknown',
  columns: ['reserved'],
  detail: { ...eventAt(untilMs), reason: 'a change event waits to be applied', source: row('5'), target: row('5') },
  seenMinutesAgo: 0.05,
});
