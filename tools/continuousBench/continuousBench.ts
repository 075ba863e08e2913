// How fast changes are verified one by one, beside the cheapest thing that could do it: a bare re-read of the same keys.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { patiently } from '../verifyRig/patiently.ts';
import { writeRigConfig } from '../verifyRig/rigBanyan.ts';
import { startRigPostgres } from '../verifyRig/rigPostgres.ts';
import { startRigStreaming } from '../verifyRig/rigStreaming.ts';
import { RigVerdicts } from '../verifyRig/rigVerdicts.ts';
import { startRigWorker } from '../verifyRig/rigWorker.ts';
import { RigWriter, seededRandom } from '../verifyRig/rigWriter.ts';
import { VerifyRig } from '../verifyRig/verifyRig.ts';
import { countPairConnections } from './pairConnections.ts';
import { VerifiedPositions } from './verifiedPositions.ts';

export interface ContinuousOptions {
  /** Rows of the table; each is changed once for the rate. */
  readonly keys: number;
  /** How long the steady load runs, and its transactions a second, for the latency. */
  readonly seconds: number;
  readonly writesPerSec: number;
}

export interface ContinuousFigures {
  /** From the moment when the verifier began to read the log until every change was verified and written down. */
  readonly keysPerSec: number;
  /** Connections to one side in which rows were read. */
  readonly connections: number;
  /** Of the verifier's process; null where the system does not tell. */
  readonly cpuUsPerKey: number | null;
  /** One connection a side, both at once, the same keys in the same number a statement. */
  readonly limitKeysPerSec: number;
  /** From the applier's commit to the verified offset in the store. */
  readonly appliedToVerifiedP50Ms: number;
  readonly appliedToVerifiedP99Ms: number;
  readonly changesMeasured: number;
  readonly diverged: number;
}

const KEYS_A_STATEMENT = 1_000;
const LONG_MS = 600_000;

/** Runs the bench on an estate of its own. */
export async function continuousBench(options: ContinuousOptions): Promise<ContinuousFigures> {
  const stops: (() => Promise<void>)[] = [];
  try {
    const postgres = await startRigPostgres();
    stops.push(() => postgres.stop());
    const streaming = await startRigStreaming('embedded');
    stops.push(() => streaming.stop());
    const rig = await VerifyRig.start({ streaming, postgresUrl: postgres.url });
    stops.push(() => rig.stop());
    rig.applier.chunkMessages = KEYS_A_STATEMENT;
    await rig.source.pool.query(
      `insert into inventory (item_id, sku, quantity, reserved, price, updated_at, attrs)
       select i, 'SKU-' || i, 1, 0, 9.99, now(), '{"shelf": "A"}' from generate_series(1, $1::bigint) i`,
      [options.keys],
    );
    await rig.drained(LONG_MS);
    // One connection to each side: what one pair can do is measured, not worked out.
    const config = await writeRigConfig(rig, { maxConnections: 1, every: '10s' });
    stops.push(async () => config.remove());
    const verified = new VerifiedPositions(rig);
    stops.push(() => verified.stop());

    // In processes of their own, as where there is much to do: what is measured is the verifier.
    const ingest = await startRigWorker(rig, config.file, 'ingest');
    stops.push(() => ingest.stop());
    const first = await startRigWorker(rig, config.file, 'verify');
    stops.push(() => first.stop());
    await new RigVerdicts(rig.store.pool).begun();
    await verified.reach(await rig.ends(), LONG_MS);
    await first.stop();

    const keys = shuffled(options.keys);
    for (const batch of batches(keys)) {
      await rig.source.pool.query('update inventory set quantity = quantity + 1 where item_id = any($1)', [batch]);
    }
    await rig.drained(LONG_MS);
    const ends = await rig.ends();
    // What the ingest is behind by has its own bench, and would take the processor from the verifier.
    await ingested(rig, ends);
    const worker = await startRigWorker(rig, config.file, 'verify');
    stops.push(() => worker.stop());
    const startMs = await verified.begun();
    const startCpuMs = worker.cpuMs();
    const connections = countPairConnections(rig);
    const endMs = await verified.reach(ends, LONG_MS);
    const endCpuMs = worker.cpuMs();
    const held = await connections.stop();
    const latency = await measureLatency(rig, verified, options);
    await worker.stop();
    const limitKeysPerSec = await bareReread(rig, keys);
    return {
      keysPerSec: (options.keys / (endMs - startMs)) * 1_000,
      connections: held,
      cpuUsPerKey: startCpuMs === null || endCpuMs === null ? null : ((endCpuMs - startCpuMs) * 1_000) / options.keys,
      limitKeysPerSec,
      ...latency,
      diverged: Object.keys(await new RigVerdicts(rig.store.pool).everDiverged()).length,
    };
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

async function measureLatency(rig: VerifyRig, verified: VerifiedPositions, options: ContinuousOptions) {
  const { seconds, writesPerSec, keys } = options;
  const writer = new RigWriter({
    pool: rig.source.pool,
    table: rig.table.source,
    from: 1,
    to: keys,
    perSec: writesPerSec,
  });
  verified.measure();
  writer.start();
  await sleep(seconds * 1_000);
  await writer.stop();
  await rig.drained();
  await verified.reach(await rig.ends(), LONG_MS);
  const tookMs = verified.tookMs.toSorted((a, b) => a - b);
  const at = (quantile: number) => tookMs[Math.min(tookMs.length - 1, Math.floor(quantile * tookMs.length))] ?? 0;
  return {
    appliedToVerifiedP50Ms: at(0.5),
    appliedToVerifiedP99Ms: at(0.99),
    changesMeasured: tookMs.length,
  };
}

/** Resolves when the ingest has counted every change below these ends. */
async function ingested(rig: VerifyRig, ends: ReadonlyMap<number, bigint>): Promise<void> {
  const query = 'select part, next_offset as next from ingest_offset where topic = $1';
  await patiently('the ingest is at the end of the log', async () => {
    const { rows } = await rig.store.pool.query<{ part: number; next: string }>(query, [rig.forward.topic]);
    const counted = new Map(rows.map(({ part, next }) => [part, BigInt(next)]));
    return [...ends].every(([part, end]) => (counted.get(part) ?? 0n) >= end) ? true : undefined;
  });
}

/** The rows of the same keys, read from both sides at once over one connection each. */
async function bareReread(rig: VerifyRig, keys: readonly number[]): Promise<number> {
  const sides = [
    { url: rig.source.url, table: rig.table.source },
    { url: rig.target.url, table: rig.table.target },
  ];
  const startMs = performance.now();
  await Promise.all(
    sides.map(async ({ url, table }) => {
      const client = new pg.Client(url);
      await client.connect();
      for (const batch of batches(keys)) {
        await client.query({
          text: `select * from ${table} where item_id = any($1::bigint[])`,
          values: [batch],
          rowMode: 'array',
        });
      }
      await client.end();
    }),
  );
  return (keys.length / (performance.now() - startMs)) * 1_000;
}

function shuffled(count: number): number[] {
  const random = seededRandom(1);
  const keys = Array.from({ length: count }, (_, i) => i + 1);
  for (let i = count - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    [keys[i], keys[j]] = [keys[j] ?? 0, keys[i] ?? 0];
  }
  return keys;
}

function* batches(keys: readonly number[]): Generator<readonly number[]> {
  for (let i = 0; i < keys.length; i += KEYS_A_STATEMENT) yield keys.slice(i, i + KEYS_A_STATEMENT);
}
