// The verifier of the harm benchmark, in a process of its own as in use: passes over one table for ever, of the source or
// of its twin, which the parent starts and stops by messages. Argument: JSON of the addresses and the budget.
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { PostgresKeyReader } from '../adapters/postgres/postgresKeyReader.ts';
import { PostgresRowReader } from '../adapters/postgres/postgresRowReader.ts';
import { SourceDatabase } from '../adapters/postgres/sourceDatabase.ts';
import { openDatabase } from '../adapters/store/database.ts';
import { StoredVerification } from '../adapters/store/verifyStore.ts';
import type { TableMapping } from '../core/migration/definition.ts';
import { verifiedTable } from '../services/verifiedTable.ts';
import { verifyTable } from '../services/verifyTable.ts';
import { pause, systemClock } from './clocks.ts';
import { HARM_PHASES, type HarmPhase } from './harmPhases.ts';

const Setup = z.object({
  source: z.string(),
  twin: z.string(),
  target: z.string(),
  store: z.string(),
  rowsPerSec: z.number(),
});
const Order = z.enum([...HARM_PHASES, 'end']);

const MAPPING: TableMapping = {
  id: 'stock',
  source: { database: 'monolith', schema: 'public', table: 'stock', key: ['id'] },
  target: { database: 'inventory', schema: 'public', table: 'stock', key: ['id'] },
  columns: ['sku', 'qty', 'updated_at'].map((name) => ({ from: name, to: name, compare: 'exact' })),
  topic: 'bench',
  applied: { kind: 'table', query: 'select partition, next_offset from applied_offset where topic = $1' },
};

// Whoever started it may be gone.
process.once('disconnect', () => process.exit());
const setup = Setup.parse(JSON.parse(process.argv[2] ?? ''));
const store = await openDatabase({ url: setup.store, applicationName: 'bench', migrate: true });
let order: z.infer<typeof Order> = 'without';
const stopped = new AbortController();
process.on('message', (message) => {
  order = Order.parse(message);
  if (order === 'end') stopped.abort();
});

/** Passes while that phase is asked for. */
async function sweepDuring(phase: HarmPhase, sourceUrl: string): Promise<void> {
  const open = (id: string, url: string) =>
    new SourceDatabase({ id, url, rowsPerSec: setup.rowsPerSec, allowWritable: true });
  const [from, to] = [open('monolith', sourceUrl), open('inventory', setup.target)];
  const table = verifiedTable({
    context: phase,
    mapping: MAPPING,
    reader: new PostgresRowReader(MAPPING, from, to),
    keyReader: new PostgresKeyReader(MAPPING, from, to),
    log: { ranges: async () => new Map([['bench', [{ partition: 0, low: 0n, high: 0n }]]]) },
    store: new StoredVerification(store.pool, phase),
    fence: { exists: async () => true, isPast: async () => true },
    reverseFence: null,
    clock: systemClock,
    ids: { next: randomUUID },
    pause,
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  });
  table.forward.window.open(0, 0n);
  const pausedBecause = async () => (order === phase ? null : 'the benchmark measures something else');
  while (!stopped.signal.aborted) await verifyTable(table, phase, stopped.signal, { load: { pausedBecause } });
  await Promise.all([from.close(), to.close()]);
}

const sweeps = [sweepDuring('during', setup.source), sweepDuring('elsewhere', setup.twin)];
process.send?.('ready');
await Promise.all(sweeps);
await store.close();
process.disconnect();
