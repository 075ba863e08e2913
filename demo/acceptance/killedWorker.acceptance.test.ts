import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { countsEqualLedger } from './faultSuite.ts';
import { eventually, type RunningDemo, startRunningDemo } from './runningDemo.ts';

const KILLS = 20;

let demo: RunningDemo;
beforeAll(async () => {
  demo = await startRunningDemo();
}, 300_000);
afterAll(async () => {
  if (demo !== undefined) await demo.stop();
}, 60_000);

/** Process id of the demo's worker, found by the configuration file on its command line. */
function workerPid(): number | undefined {
  const lines = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  const line = lines.find((text) => text.includes(' worker --config ') && text.includes(demo.dataDir));
  return line === undefined ? undefined : Number(line.trim().split(' ')[0]);
}

async function runningWorker(): Promise<number> {
  return eventually('the worker', 30_000, async () => {
    const found = workerPid();
    return found === undefined ? { seen: 'no worker' } : { done: found };
  });
}

async function counted(): Promise<number> {
  const [row] = await demo.store<{ n: string }>('select coalesce(sum(counted), 0) as n from ingest_offset');
  return Number(row?.n ?? 0);
}

/** kill -9 of the worker; ends when the one that was started in its place has counted records. */
async function killWorker(): Promise<void> {
  const killed = await runningWorker();
  process.kill(killed, 'SIGKILL');
  await eventually('the worker is another one', 30_000, async () => {
    const found = workerPid();
    return found === undefined || found === killed ? { seen: found ?? 'no worker' } : { done: found };
  });
  // Read now: what the killed one counted up to its end must not pass for a sign of life of its successor.
  const before = await counted();
  await eventually('records are counted again', 60_000, async () => {
    const now = await counted();
    return now > before ? { done: now } : { seen: now };
  });
}

it(`${KILLS} times kill -9 of the worker in full traffic: Kafka facts equal the ledger, each stored span is counted once`, async () => {
  for (let kill = 0; kill < KILLS; kill++) await killWorker();
  await countsEqualLedger(demo);
  // A span that was stored moved its counters in the same transaction: of the facade's requests none is counted twice.
  // By one statement, which sees one moment: spans that waited for a worker may still come in.
  const [requests] = await demo.store<{ spans: string; observations: string }>(
    `select (select count(*) from span where service = 'facade' and kind = 2
         and attributes::text like '%"get-inventory"%') as spans,
       (select coalesce(sum(n + unknown), 0) from kpi_bucket
         where indicator = 'error_rate' and series = 'get-inventory') as observations`,
  );
  expect(Number(requests?.spans)).toBeGreaterThan(0);
  expect(requests?.observations).toBe(requests?.spans);
}, 900_000);

it('a stopped worker turns every reader to no data, stale, within 30 seconds, and is started again', async () => {
  const pid = await runningWorker();
  process.kill(pid, 'SIGSTOP');
  try {
    await eventually('the gate is stale', 30_000, async () => {
      const gate = await demo.gate('route_writes');
      return gate.verdict === 'no_data' && gate.stale ? { done: gate } : { seen: gate };
    });
    const metrics = await (await fetch(`${demo.ready.web}/metrics`)).text();
    expect(metrics).toMatch(/banyan_gate_verdict\{[^}]*stage="route_writes"[^}]*verdict="no_data"[^}]*\} 1/);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await eventually('the gate is live again', 60_000, async () => {
    const gate = await demo.gate('route_writes');
    return gate.stale ? { seen: gate } : { done: gate };
  });
}, 120_000);

/** Command lines of the processes that work on the demo's folder. */
function processesOfTheDemo(): string[] {
  const lines = execFileSync('ps', ['-eo', 'args='], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => line.includes(demo.dataDir) && !line.startsWith('ps '));
}

it('a demo that is killed leaves no process behind, and a second start finds its state again', async () => {
  const verdicts = async () => Number((await demo.store<{ n: string }>('select count(*) as n from verdict'))[0]?.n);
  const before = await verdicts();
  expect(processesOfTheDemo()).not.toEqual([]);
  await demo.kill();
  await eventually('all processes have ended', 20_000, async () => {
    const left = processesOfTheDemo();
    return left.length === 0 ? { done: left } : { seen: left };
  });
  demo = await startRunningDemo([], demo.place);
  expect(before).toBeGreaterThan(0);
  expect(await verdicts()).toBeGreaterThanOrEqual(before);
}, 300_000);
