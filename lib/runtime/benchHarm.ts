import { type ChildProcess, fork } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { type EmbeddedPostgres, freePort, startEmbeddedPostgres } from '../adapters/embedded/embeddedPostgres.ts';
import { bindToProcessor, putFirst } from './bindToProcessor.ts';
import { sleep } from './clocks.ts';
import { StolenTime } from './stolenTime.ts';

export interface HarmOptions {
  readonly rows: number;
  /** Rows a second that the verifier may read of each side. */
  readonly rowsPerSec: number;
  readonly queriesPerSec: number;
  readonly rounds: number;
  /** Length of one measurement with, and of one without. */
  readonly windowMs: number;
}

/** Latencies of the source's own queries, in ms; without those that met stolen time. */
export interface HarmFigures {
  readonly rounds: readonly { readonly without: readonly number[]; readonly during: readonly number[] }[];
  /** Rows that the sweep compared a second while it was measured. */
  readonly sweptPerSec: number;
  /** Share of the queries that were left out, for the host took the processors away meanwhile. */
  readonly leftOut: { readonly without: number; readonly during: number };
  /** False if the source shared its processor, or the load had to wait for others to be given one. */
  readonly isApart: boolean;
}

const CONNECTIONS = 16;
/** The source has a processor to itself; all else is on other machines in use. */
const SOURCE_PROCESSOR = 0;
const OTHERS_PROCESSOR = 1;
const IN_MEMORY = '/dev/shm';
/** For three servers. */
const ROOM_BYTES = 2 * 1024 ** 3;
/** After a switch the chunk under way ends, or the first begins. */
const SETTLE_MS = 1_500;
const FILL = `
  create table stock (id bigint primary key, sku text, qty int, updated_at timestamptz, touched_at timestamptz);
  insert into stock (id, sku, qty, updated_at) select i, 'SKU-' || i, i % 1000, timestamptz '2026-01-01' + i * interval '1 s'
  from generate_series(1, $rows::bigint) i;
  create table applied_offset (topic text, partition int, next_offset bigint)`;

/**
 * Measures a constant load on the source with and without a sweep at its budget, in turns of one run. Source, target and
 * store are servers of their own, as in use: the source has a processor to itself, and those two wait for no disk.
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
  let sweeper: ChildProcess | null = null;
  let isApart = availableParallelism() > OTHERS_PROCESSOR;
  const bind = (pid: number, processor: number) => {
    isApart &&= bindToProcessor(pid, processor);
  };
  try {
    const source = await start('monolith', []);
    const target = await start('inventory', ['-c', 'fsync=off']);
    const store = await start('store', ['-c', 'fsync=off']);
    for (const url of [source, target]) await fill(url, options.rows);
    sweeper = await startSweeper({ source, target, store, rowsPerSec: options.rowsPerSec });
    bind(sweeper.pid ?? 0, OTHERS_PROCESSOR);
    bind(process.pid, OTHERS_PROCESSOR);
    isApart &&= putFirst(process.pid);
    return { ...(await measure(source, store, sweeper, options)), isApart };
  } finally {
    await endSweeper(sweeper);
    for (const server of servers) await server.stop();
    rmSync(folder, { recursive: true, force: true });
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

async function startSweeper(setup: object): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL('./benchHarmSweep.ts', import.meta.url)), [JSON.stringify(setup)]);
  await new Promise<void>((done, reject) => {
    child.once('message', () => done());
    child.once('exit', (code) => reject(new Error(`the sweeper ended with code ${code}`)));
  });
  return child;
}

async function endSweeper(child: ChildProcess | null): Promise<void> {
  if (child === null || child.exitCode !== null) return;
  const ended = new Promise((done) => child.once('exit', done));
  child.send('end');
  await Promise.race([ended, sleep(10_000)]);
  child.kill('SIGKILL');
}

async function measure(
  url: string,
  storeUrl: string,
  sweeper: ChildProcess,
  options: HarmOptions,
): Promise<Omit<HarmFigures, 'isApart'>> {
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS });
  const store = new pg.Pool({ connectionString: storeUrl, max: 1 });
  const compared = async () =>
    Number((await store.query('select coalesce(sum(rows_compared), 0) as rows from verify_run')).rows[0].rows);
  const rounds: HarmFigures['rounds'][number][] = [];
  let swept = 0;
  const leftOut = { without: 0, during: 0 };
  try {
    await load(pool, options, SETTLE_MS);
    for (let round = 0; round < options.rounds; round += 1) {
      let without: readonly number[] = [];
      let during: readonly number[] = [];
      // The order changes each round, so that a drift of the machine falls on both.
      for (const sweeps of round % 2 === 0 ? [false, true] : [true, false]) {
        sweeper.send(sweeps ? 'sweep' : 'wait');
        await load(pool, options, SETTLE_MS);
        const before = await compared();
        const { latencies, stolen } = await load(pool, options, options.windowMs);
        leftOut[sweeps ? 'during' : 'without'] += stolen / (latencies.length + stolen) / options.rounds;
        if (sweeps) swept += (await compared()) - before;
        if (sweeps) during = latencies;
        else without = latencies;
      }
      rounds.push({ without, during });
    }
    return { rounds, sweptPerSec: swept / ((options.rounds * options.windowMs) / 1000), leftOut };
  } finally {
    await pool.end();
    await store.end();
  }
}

/**
 * Point reads and one update in five, each sent at its own time whether or not those before have ended. The updates are
 * of a column that is not compared: no capture carries them to the target, where every other one would be a divergence.
 */
async function load(
  pool: pg.Pool,
  { rows, queriesPerSec }: HarmOptions,
  forMs: number,
): Promise<{ readonly latencies: readonly number[]; readonly stolen: number }> {
  const stolen = new StolenTime();
  const startedMs = performance.now();
  const total = Math.round((queriesPerSec * forMs) / 1000);
  const queries: { readonly sentMs: number; readonly endMs: number }[] = [];
  const running: Promise<void>[] = [];
  for (let i = 0; i < total; i += 1) {
    const dueMs = startedMs + (i * 1000) / queriesPerSec;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    const key = 1 + ((i * 7_919 + Math.floor(startedMs)) % rows);
    const text =
      i % 5 === 0
        ? 'update stock set touched_at = now() where id = $1'
        : 'select id, sku, qty from stock where id = $1';
    const sentMs = performance.now();
    running.push(
      pool.query({ name: text, text, values: [key] }).then(() => {
        queries.push({ sentMs, endMs: performance.now() });
      }),
    );
  }
  await Promise.all(running);
  await stolen.stop();
  const own = queries.filter(({ sentMs, endMs }) => !stolen.touches(sentMs, endMs));
  return { latencies: own.map(({ sentMs, endMs }) => endMs - sentMs), stolen: queries.length - own.length };
}
