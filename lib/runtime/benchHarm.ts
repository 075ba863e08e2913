import { type ChildProcess, fork } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { type EmbeddedPostgres, freePort, startEmbeddedPostgres } from '../adapters/embedded/embeddedPostgres.ts';
import { bindToProcessor, putFirst } from './bindToProcessor.ts';
import { sleep } from './clocks.ts';
import { LoadFigures, type LoadOrder } from './harmLoadMessages.ts';
import { HARM_PHASES, type HarmPhase } from './harmPhases.ts';

export interface HarmOptions {
  readonly rows: number;
  /** Rows a second that the verifier may read of each side. */
  readonly rowsPerSec: number;
  readonly queriesPerSec: number;
  readonly rounds: number;
  /** Length of one measurement; a round has three. */
  readonly windowMs: number;
}

/** Latencies of the source's own queries, in ms; without those that met stolen time. */
export interface HarmFigures {
  readonly rounds: readonly Readonly<Record<HarmPhase, readonly number[]>>[];
  /** Rows that the sweeps compared a second while they were measured. */
  readonly sweptPerSec: Readonly<Record<Exclude<HarmPhase, 'without'>, number>>;
  /** Share of the queries that were left out, for the host took the processors away meanwhile. */
  readonly leftOut: Readonly<Record<HarmPhase, number>>;
  /** False if the source shared its processor, or the load had to wait for others to be given one. */
  readonly isApart: boolean;
}

/** The source shares its processor with nothing but its clients; all else is on other machines in use. */
const SOURCE_PROCESSOR = 0;
const OTHERS_PROCESSOR = 1;
const IN_MEMORY = '/dev/shm';
/** For four servers. */
const ROOM_BYTES = 2.5 * 1024 ** 3;
/** After a switch the chunk under way ends, or the first begins. */
const SETTLE_MS = 1_500;
/** Each phase as often before another as behind it. */
const ORDERS: readonly (readonly HarmPhase[])[] = [
  ['without', 'elsewhere', 'during'],
  ['during', 'elsewhere', 'without'],
];
/** Of the garbage collector, while latencies are measured. */
const NO_PAUSES = ['--expose-gc', '--max-semi-space-size=256'];
const FILL = `
  create table stock (id bigint primary key, sku text, qty int, updated_at timestamptz, touched_at timestamptz);
  insert into stock (id, sku, qty, updated_at) select i, 'SKU-' || i, i % 1000, timestamptz '2026-01-01' + i * interval '1 s'
  from generate_series(1, $rows::bigint) i;
  create table applied_offset (topic text, partition int, next_offset bigint)`;

/**
 * Measures a constant load on the source without a sweep, with one at its budget and with one of a twin of the source, in
 * turns of one run. Each database is a server of its own, as in use: the source has its processor with its clients, and
 * the others wait for no disk.
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
  const children: ChildProcess[] = [];
  const startChild = async (program: string, setup: object, flags: readonly string[], processor: number) => {
    const file = fileURLToPath(new URL(program, import.meta.url));
    const child = fork(file, [JSON.stringify(setup)], { execArgv: [...process.execArgv, ...flags] });
    children.push(child);
    await answerOf(child);
    bind(child.pid ?? 0, processor);
    return child;
  };
  let isApart = availableParallelism() > OTHERS_PROCESSOR;
  const bind = (pid: number, processor: number) => {
    isApart &&= bindToProcessor(pid, processor);
  };
  try {
    const source = await start('monolith', []);
    const [twin, target, store] = [
      await start('twin', ['-c', 'fsync=off']),
      await start('inventory', ['-c', 'fsync=off']),
      await start('store', ['-c', 'fsync=off']),
    ];
    for (const url of [source, twin, target]) await fill(url, options.rows);
    const { rowsPerSec, queriesPerSec, rows } = options;
    const setup = { source, twin, target, store, rowsPerSec };
    const sweeper = await startChild('./benchHarmSweep.ts', setup, [], OTHERS_PROCESSOR);
    const load = await startChild('./benchHarmLoad.ts', { source, rows, queriesPerSec }, NO_PAUSES, SOURCE_PROCESSOR);
    isApart &&= putFirst(load.pid ?? 0);
    return { ...(await measure(store, sweeper, load, options)), isApart };
  } finally {
    for (const child of children) await endChild(child);
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

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((done) => child.once('exit', done));
  child.send('end');
  await Promise.race([ended, sleep(10_000)]);
  child.kill('SIGKILL');
}

/** The next message of a child, unless it ends. */
function answerOf(child: ChildProcess): Promise<unknown> {
  return new Promise((done, reject) => {
    const onExit = (code: number | null) => reject(new Error(`a process of the benchmark ended with code ${code}`));
    child.once('exit', onExit);
    child.once('message', (message) => {
      child.off('exit', onExit);
      done(message);
    });
  });
}

async function measure(
  storeUrl: string,
  sweeper: ChildProcess,
  loader: ChildProcess,
  options: HarmOptions,
): Promise<Omit<HarmFigures, 'isApart'>> {
  const store = new pg.Pool({ connectionString: storeUrl, max: 1 });
  const compared = async () =>
    Number((await store.query('select coalesce(sum(rows_compared), 0) as rows from verify_run')).rows[0].rows);
  const load = async (forMs: number): Promise<LoadFigures> => {
    const answer = answerOf(loader);
    const order: LoadOrder = { forMs };
    loader.send(order);
    return LoadFigures.parse(await answer);
  };
  const rounds: HarmFigures['rounds'][number][] = [];
  const sweptPerSec = { elsewhere: 0, during: 0 };
  const leftOut = { without: 0, elsewhere: 0, during: 0 };
  const sweptSec = (options.rounds * options.windowMs) / 1000;
  try {
    await load(SETTLE_MS);
    for (let round = 0; round < options.rounds; round += 1) {
      const measured: Record<HarmPhase, readonly number[]> = { without: [], elsewhere: [], during: [] };
      // The order changes each round, so that a drift of the machine falls on all.
      for (const phase of ORDERS[round % ORDERS.length] ?? HARM_PHASES) {
        sweeper.send(phase);
        await load(SETTLE_MS);
        const before = await compared();
        const { latencies, stolen } = await load(options.windowMs);
        leftOut[phase] += stolen / (latencies.length + stolen) / options.rounds;
        if (phase !== 'without') sweptPerSec[phase] += ((await compared()) - before) / sweptSec;
        measured[phase] = latencies;
      }
      rounds.push(measured);
    }
    return { rounds, sweptPerSec, leftOut };
  } finally {
    await store.end();
  }
}
