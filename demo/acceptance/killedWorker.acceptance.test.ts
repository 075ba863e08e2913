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

async function countedSince(before: number): Promise<number> {
  return eventually('records are counted again', 60_000, async () => {
    const [row] = await demo.store<{ n: string }>('select coalesce(sum(counted), 0) as n from ingest_offset');
    const now = Number(row?.n ?? 0);
    return now > before ? { done: now } : { seen: now };
  });
}

it(`${KILLS} times kill -9 of the worker in full traffic: Kafka facts equal the ledger, each stored span is counted once`, async () => {
  let counted = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    counted = await countedSince(counted);
    const pid = await eventually('the worker', 30_000, async () => {
      const found = workerPid();
      return found === undefined ? { seen: 'no worker' } : { done: found };
    });
    process.kill(pid, 'SIGKILL');
  }
  await countedSince(counted);
  await countsEqualLedger(demo);
  // A span that was stored moved its counters in the same transaction: of the facade's requests none is counted twice.
  const [spans] = await demo.store<{ n: string }>(
    `select count(*) as n from span where service = 'facade' and kind = 2 and attributes::text like '%"get-inventory"%'`,
  );
  const [observations] = await demo.store<{ n: string }>(
    `select coalesce(sum(n + unknown), 0) as n from kpi_bucket where indicator = 'error_rate' and series = 'get-inventory'`,
  );
  expect(Number(spans?.n)).toBeGreaterThan(0);
  expect(Number(observations?.n)).toBe(Number(spans?.n));
}, 900_000);

it('a stopped worker turns every reader to no data, stale, within 30 seconds, and is started again', async () => {
  const pid = workerPid();
  expect(pid).toBeDefined();
  process.kill(pid ?? 0, 'SIGSTOP');
  try {
    await eventually('the gate is stale', 30_000, async () => {
      const gate = await demo.gate('route_writes');
      return gate.verdict === 'no_data' && gate.stale ? { done: gate } : { seen: gate };
    });
    const metrics = await (await fetch(`${demo.ready.web}/metrics`)).text();
    expect(metrics).toMatch(/banyan_gate_verdict\{[^}]*stage="route_writes"[^}]*verdict="no_data"[^}]*\} 1/);
  } finally {
    process.kill(pid ?? 0, 'SIGCONT');
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
