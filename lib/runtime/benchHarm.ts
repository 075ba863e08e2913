import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type EmbeddedPostgres, freePort, startEmbeddedPostgres } from '../adapters/embedded/embeddedPostgres.ts';
import { BenchChild } from './benchChild.ts';
import { bindToProcessor, putFirst } from './bindToProcessor.ts';
import { type Latencies, LoadFigures, type LoadOrder } from './harmLoadMessages.ts';
import { HARM_PHASES, type HarmPhase } from './harmPhases.ts';

export interface HarmOptions {
  readonly rows: number;
  /** Rows a second that the verifier may read of each side. */
  readonly rowsPerSec: number;
  readonly queriesPerSec: number;
  readonly rounds: number;
  /** Length of one measurement; a round has three. */
  readonly windowMs: number;
  /** Ends the measurement, and what it started. */
  readonly signal: AbortSignal;
}

/** Latencies of the source's own queries, in ms; without those that met stolen time. */
export interface HarmFigures {
  readonly rounds: readonly Readonly<Record<HarmPhase, Latencies>>[];
  /** Rows that the sweeps compared a second while they were measured. */
  readonly sweptPerSec: Readonly<Record<Exclude<HarmPhase, 'without'>, number>>;
  /** Share of the queries that were left out, for the host took the processors away meanwhile. */
  readonly leftOut: Readonly<Record<HarmPhase, number>>;
  /** False if the source shared its processor, or the load had to wait for others to be given one. */
  readonly isApart: boolean;
}

/** The source shares its processor with the load alone; all else is on other machines in use. */
const SOURCE_PROCESSOR = 0;
const OTHERS_PROCESSOR = 1;
const IN_MEMORY = '/dev/shm';
/** For four servers. */
const ROOM_BYTES = 2.5 * 1024 ** 3;
/** After a switch the chunk under way ends, or the first begins. */
const SETTLE_MS = 1_500;
/** Every order of the phases, in turn: in a round each comes as often behind one as behind the other. */
const ORDERS: readonly (readonly HarmPhase[])[] = [
  ['without', 'elsewhere', 'during'],
  ['during', 'elsewhere', 'without'],
  ['elsewhere', 'during', 'without'],
  ['without', 'during', 'elsewhere'],
  ['during', 'without', 'elsewhere'],
  ['elsewhere', 'without', 'during'],
];
const IN_NO_HURRY = ['-c', 'fsync=off'];
/** Of the garbage collector, while latencies are measured. */
const NO_PAUSES = ['--expose-gc', '--max-semi-space-size=256'];
const FILL = `
  create table stock (id bigint primary key, sku text, qty int, updated_at timestamptz, touched_at timestamptz);
  insert into stock (id, sku, qty, updated_at) select i, 'SKU-' || i, i % 1000, timestamptz '2026-01-01' + i * interval '1 s'
  from generate_series(1, $rows::bigint) i;
  create table applied_offset (topic text, partition int, next_offset bigint)`;

/**
 * Measures a constant load on the source without a sweep, with one at its budget and with one of a twin of the source, in
 * turns of one run. Each database is a server of its own, as in use: the source has its processor with the load, and the
 * others wait for no disk.
 */
export async function benchHarm(options: HarmOptions): Promise<HarmFigures> {
  const folder = mkdtempSync(join(placeForServers(), 'banyan-bench-harm-'));
  chmodSync(folder, 0o755);
  const servers: EmbeddedPostgres[] = [];
  const start = async (name: string, flags: readonly string[]) => {
    const server = await startEmbeddedPostgres({ dataDir: join(folder, name), port: await freePort(), flags });
    servers.push(server);
    const [pid] = readFileSync(join(folder, name, 'postmaster.pid'), 'utf8').split('\n');
    bind(Number(pid), name === 'monolith' ? SOURCE_PROCESSOR : OTHERS_PROCESSOR);
    await server.ensureDatabase(name);
    return server.url(name);
  };
  const children: BenchChild[] = [];
  const startChild = async (processor: number, ...program: Parameters<typeof BenchChild.start>) => {
    const child = await BenchChild.start(...program);
    children.push(child);
    bind(child.pid, processor);
    return child;
  };
  let isApart = availableParallelism() > OTHERS_PROCESSOR;
  const bind = (pid: number, processor: number) => {
    isApart &&= bindToProcessor(pid, processor);
  };
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    // With it whatever it starts.
    bind(process.pid, OTHERS_PROCESSOR);
    const source = await start('monolith', []);
    const twin = await start('twin', IN_NO_HURRY);
    const target = await start('inventory', IN_NO_HURRY);
    const store = await start('store', IN_NO_HURRY);
    for (const url of [source, twin, target]) await fill(url, options.rows);
    const { rowsPerSec, queriesPerSec, rows } = options;
    const sweep = { source, twin, target, store, rowsPerSec };
    const sweeper = await startChild(OTHERS_PROCESSOR, './benchHarmSweep.ts', sweep);
    const load = await startChild(SOURCE_PROCESSOR, './benchHarmLoad.ts', { source, rows, queriesPerSec }, NO_PAUSES);
    isApart &&= putFirst(load.pid);
    options.signal.throwIfAborted();
    const measured = measure(store, sweeper, load, options);
    const stopped = new Promise<never>((_, reject) => {
      options.signal.addEventListener('abort', () => reject(options.signal.reason));
    });
    return { ...(await Promise.race([measured, sweeper.ended, load.ended, stopped])), isApart };
  } finally {
    await Promise.allSettled(children.map((child) => child.end()));
    await Promise.allSettled(servers.map((server) => server.stop()));
    remove();
    process.off('exit', remove);
  }
}

/** In memory where there is room: a sweep of rows that are cached reads and writes no disk, whose own time varies. */
function placeForServers(): string {
  if (!existsSync(IN_MEMORY)) return tmpdir();
  const { bavail, bsize } = statfsSync(IN_MEMORY);
  return bavail * bsize >= ROOM_BYTES ? IN_MEMORY : tmpdir();
}

async function fill(url: string, rows: number): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(FILL.replace('$rows', String(rows)));
  await client.query('vacuum (freeze, analyze) stock');
  await client.query('checkpoint');
  await client.end();
}

async function measure(
  storeUrl: string,
  sweeper: BenchChild,
  loader: BenchChild,
  options: HarmOptions,
): Promise<Omit<HarmFigures, 'isApart'>> {
  const store = new pg.Pool({ connectionString: storeUrl, max: 1 });
  const compared = async () =>
    Number((await store.query('select coalesce(sum(rows_compared), 0) as rows from verify_run')).rows[0].rows);
  const load = async (forMs: number): Promise<LoadFigures> => {
    const order: LoadOrder = { forMs };
    return LoadFigures.parse(await loader.ask(order));
  };
  const rounds: HarmFigures['rounds'][number][] = [];
  const swept = { elsewhere: { rows: 0, ms: 0 }, during: { rows: 0, ms: 0 } };
  const leftOut = { without: 0, elsewhere: 0, during: 0 };
  try {
    await load(SETTLE_MS);
    for (let round = 0; round < options.rounds; round += 1) {
      const measured: Partial<Record<HarmPhase, Latencies>> = {};
      for (const phase of ORDERS[round % ORDERS.length] ?? HARM_PHASES) {
        sweeper.tell(phase);
        await load(SETTLE_MS);
        const [before, startMs] = [await compared(), performance.now()];
        const { latencies, stolen } = await load(options.windowMs);
        const seen = latencies.read.length + latencies.update.length + latencies.sum.length;
        leftOut[phase] += stolen / (seen + stolen) / options.rounds;
        if (phase !== 'without') {
          swept[phase].rows += (await compared()) - before;
          swept[phase].ms += performance.now() - startMs;
        }
        measured[phase] = latencies;
      }
      const { without, elsewhere, during } = measured;
      if (without !== undefined && elsewhere !== undefined && during !== undefined) {
        rounds.push({ without, elsewhere, during });
      }
    }
    const perSec = ({ rows, ms }: { rows: number; ms: number }) => (rows / ms) * 1_000;
    const sweptPerSec = { elsewhere: perSec(swept.elsewhere), during: perSec(swept.during) };
    return { rounds, sweptPerSec, leftOut };
  } finally {
    await store.end();
  }
}
