// Spans a second, durable before the 200, at a constant arrival rate: receiver, PostgreSQL and load generator are
// processes of their own. Latency counts from the moment a request should have been sent, so a stalled receiver can't
// hide behind a generator that waits for it.
//   --rate spans/s (12000)  --seconds N (20)  --batch spans per request (100)
import { type ChildProcess, fork } from 'node:child_process';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  measureBareCopy,
  postgresCpuSec,
  startBenchReceiver,
  startBenchStore,
  storedCounts,
} from '../lib/runtime/benchOtlp.ts';
import { generateLoad, type LoadPlan, type LoadResult } from './load/otlpLoad.ts';
import { SpanTemplate } from './load/spanTemplate.ts';

const FILE = fileURLToPath(import.meta.url);
const WARM_UP_SEC = 5;

type WorkerMessage = { readonly port: number } | { readonly cpuSec: number; readonly rssMiB: number };

function message<T>(child: ChildProcess): Promise<T> {
  return new Promise((done, reject) => {
    child.once('message', (value) => done(value as T));
    child.once('exit', (code) => reject(new Error(`a process of the benchmark ended with code ${code}`)));
  });
}

const start = (role: string, argument: string): ChildProcess => fork(FILE, [role, argument], { stdio: 'inherit' });

async function runWorker(url: string): Promise<void> {
  const receivers = await startBenchReceiver(url);
  let peakRss = 0;
  setInterval(() => {
    peakRss = Math.max(peakRss, process.memoryUsage.rss());
  }, 100).unref();
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpuSec: (user + system) / 1e6, rssMiB: Math.round(peakRss / 2 ** 20) });
  });
  process.on('disconnect', () => process.exit(0));
  process.send?.({ port: receivers.http.port });
}

async function askWorker(worker: ChildProcess): Promise<{ cpuSec: number; rssMiB: number }> {
  const answer = message<WorkerMessage>(worker);
  worker.send('cpu');
  const value = await answer;
  if (!('cpuSec' in value)) throw new Error('the worker answered something else');
  return value;
}

async function runLoad(plan: LoadPlan): Promise<LoadResult> {
  const child = start('load', JSON.stringify(plan));
  const result = await message<LoadResult>(child);
  child.disconnect();
  return result;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rate: { type: 'string', default: '12000' },
      seconds: { type: 'string', default: '20' },
      batch: { type: 'string', default: '100' },
    },
  });
  const plan = { spansPerSec: Number(values.rate), seconds: Number(values.seconds), batch: Number(values.batch) };
  // A machine that is busy with something else makes the times worthless; the figures a CPU second stand.
  const otherLoad = round(loadavg()[0] ?? 0);
  const store = await startBenchStore();
  const worker = start('worker', store.url);
  try {
    const hello = await message<WorkerMessage>(worker);
    if (!('port' in hello)) throw new Error('the worker did not say its port');
    const url = `http://127.0.0.1:${hello.port}`;
    const warmUp = await runLoad({ ...plan, url, seconds: WARM_UP_SEC });
    const before = { worker: await askWorker(worker), postgres: postgresCpuSec(store.folder) };
    const load = await runLoad({ ...plan, url });
    const after = { worker: await askWorker(worker), postgres: postgresCpuSec(store.folder) };
    const stored = await storedCounts(store.url);
    const acknowledged = warmUp.acknowledgedSpans + load.acknowledgedSpans;
    if (stored.spans !== acknowledged || stored.received !== acknowledged) {
      throw new Error(
        `${acknowledged} spans were acknowledged, ${stored.spans} are stored, ${stored.received} counted`,
      );
    }
    const workerCpuSec = after.worker.cpuSec - before.worker.cpuSec;
    const postgresSec = after.postgres === null || before.postgres === null ? null : after.postgres - before.postgres;
    const limit = await bareCopy(store.url, store.folder, plan.batch, Math.min(load.acknowledgedSpans, 100_000));
    const spansPerCpuSec =
      postgresSec === null ? null : Math.round(load.acknowledgedSpans / (workerCpuSec + postgresSec));
    console.log(
      JSON.stringify({
        bench: 'otlp',
        offeredSpansPerSec: plan.spansPerSec,
        seconds: plan.seconds,
        batch: plan.batch,
        loadAverageBefore: otherLoad,
        spansPerSec: Math.round(load.acknowledgedSpans / load.seconds),
        failedRequests: load.failedRequests,
        p50Ms: load.p50Ms,
        p99Ms: load.p99Ms,
        p999Ms: load.p999Ms,
        maxMs: load.maxMs,
        spansPerCpuSec,
        workerCpuSec: round(workerCpuSec),
        postgresCpuSec: postgresSec === null ? null : round(postgresSec),
        workerRssMiB: after.worker.rssMiB,
        limit: 'bare COPY of the same rows, prepared in memory',
        ...limit,
        ratio: spansPerCpuSec === null ? null : round(spansPerCpuSec / limit.limitSpansPerCpuSec),
      }),
    );
  } finally {
    if (worker.connected) worker.disconnect();
    await store.stop();
  }
}

async function bareCopy(url: string, folder: string, batch: number, spans: number) {
  const template = new SpanTemplate(batch);
  const bodies = Array.from({ length: Math.ceil(spans / batch) }, () => template.next(Date.now()));
  const postgresBefore = postgresCpuSec(folder) ?? 0;
  const { spans: copied, seconds, cpuSec } = await measureBareCopy(url, bodies);
  const postgresSec = (postgresCpuSec(folder) ?? 0) - postgresBefore;
  return {
    limitSpansPerSec: Math.round(copied / seconds),
    limitSpansPerCpuSec: Math.round(copied / (cpuSec + postgresSec)),
  };
}

const round = (value: number): number => Math.round(value * 100) / 100;

const [role, argument] = process.argv.slice(2);
if (role === 'worker' && argument !== undefined) await runWorker(argument);
else if (role === 'load' && argument !== undefined) {
  const result = await generateLoad(JSON.parse(argument) as LoadPlan);
  process.send?.(result);
} else await main();
