// The load of the harm benchmark, in a process of its own whose garbage is collected between measurements: at each message
// it sends queries to the source for so long, and answers with their latencies. Argument: JSON of the address and the rate.
import pg from 'pg';
import { z } from 'zod';
import { sleep } from './clocks.ts';
import { type Latencies, type LoadFigures, LoadOrder, type QueryKind } from './harmLoadMessages.ts';
import { StolenTime } from './stolenTime.ts';

const Setup = z.object({ source: z.string(), rows: z.number(), queriesPerSec: z.number() });
const CONNECTIONS = 16;
/**
 * The updates are of a column that is not compared: no capture carries them to the target, and an update of any other
 * column would be a divergence.
 */
const QUERIES: Readonly<Record<QueryKind, string>> = {
  read: 'select id, sku, qty from stock where id = $1',
  update: 'update stock set touched_at = now() where id = $1',
  sum: 'select sum(qty), max(updated_at) from stock where id >= $1 and id < $1 + 2000',
};
/** Of twenty queries one is a sum, and four are updates. */
const kindOf = (i: number): QueryKind => (i % 20 === 0 ? 'sum' : i % 5 === 1 ? 'update' : 'read');

function serve({ source, rows, queriesPerSec }: z.infer<typeof Setup>): void {
  const pool = new pg.Pool({ connectionString: source, max: CONNECTIONS });
  process.on('message', async (message) => {
    if (message === 'end') {
      await pool.end();
      process.disconnect();
      return;
    }
    const figures = await load(pool, rows, queriesPerSec, LoadOrder.parse(message).forMs);
    process.send?.(figures);
    globalThis.gc?.();
  });
  process.send?.('ready');
}

/** Each query is sent at its own time, whether or not those before have ended. */
async function load(pool: pg.Pool, rows: number, queriesPerSec: number, forMs: number): Promise<LoadFigures> {
  const stolen = new StolenTime();
  const startedMs = performance.now();
  const total = Math.round((queriesPerSec * forMs) / 1000);
  const queries: { readonly kind: QueryKind; readonly sentMs: number; readonly endMs: number }[] = [];
  const running: Promise<void>[] = [];
  for (let i = 0; i < total; i += 1) {
    const dueMs = startedMs + (i * 1000) / queriesPerSec;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    const key = 1 + ((i * 7_919 + Math.floor(startedMs)) % rows);
    const kind = kindOf(i);
    const sentMs = performance.now();
    running.push(
      pool.query({ name: kind, text: QUERIES[kind], values: [key] }).then(() => {
        queries.push({ kind, sentMs, endMs: performance.now() });
      }),
    );
  }
  await Promise.all(running);
  await stolen.stop();
  const own = queries.filter(({ sentMs, endMs }) => !stolen.touches(sentMs, endMs));
  const latencies: Latencies = { read: [], update: [], sum: [] };
  for (const { kind, sentMs, endMs } of own) latencies[kind].push(endMs - sentMs);
  return { latencies, stolen: queries.length - own.length };
}

// Whoever started it may be gone.
process.once('disconnect', () => process.exit());
serve(Setup.parse(JSON.parse(process.argv[2] ?? '')));
