// Debezium envelopes counted exactly once, beside a bare kafkajs consumer of the same records that only parses JSON.
// `--events N`, `--kafka` for Apache Kafka in the place of the embedded broker (Java 17 or newer and Maven),
// `--brokers HOST:PORT` for a broker that is already there (its topic is made and deleted again).
import { fork } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import kafkajs, { type Kafka } from 'kafkajs';
import { benchIngest } from '#lib/runtime/benchIngest.ts';
import { startBenchPostgres } from '#lib/runtime/benchPostgres.ts';
import { demoKafka } from '../demo/infra/demoKafka.ts';
import { inventoryMigration } from '../tools/inventoryMigration.ts';
import { debeziumEnvelopes } from './load/debeziumEnvelopes.ts';

const TARGET_PER_SEC = 50_000;
const KEYS = 10_000;
const PARTITIONS = 3;
const ROUNDS = 3;

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '300000' },
    kafka: { type: 'boolean', default: false },
    brokers: { type: 'string' },
  },
});
const total = Number(values.events);
const topic = `bench.public.inventory.${process.pid}`;

const migration = inventoryMigration({
  topic,
  columns: ['sku', 'quantity', 'reserved', 'version', 'updated_at'],
  groupId: 'none',
});

interface Round {
  readonly ratio: number;
  readonly eventsPerSec: number;
  readonly barePerSec: number;
  /** Processor time of the one process, the databases' left out. */
  readonly cpuUsPerEvent: number;
  readonly bareCpuUsPerEvent: number;
  readonly transactions: number;
}

interface Broker {
  /** What the result calls it. */
  readonly name: string;
  readonly address: string;
  stop(): Promise<void>;
}

async function openBroker(dataDir: string): Promise<Broker> {
  if (values.brokers !== undefined)
    return { name: values.brokers, address: values.brokers, stop: async () => undefined };
  return values.kafka ? startKafka(dataDir) : startEmbedded();
}

async function startKafka(dataDir: string): Promise<Broker> {
  const { startKafkaBroker } = await import('../demo/infra/kafka/startKafka.ts');
  const { kafka, stop } = await startKafkaBroker(dataDir, (line) => console.error(line));
  return { name: 'kafka', address: kafka, stop };
}

async function startEmbedded(): Promise<Broker> {
  const main = fileURLToPath(new URL('../demo/infra/embedded/broker/main.ts', import.meta.url));
  const child = fork(main, { env: { ...process.env, PORT: '0' }, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (message: { port: number }) => resolve(message.port));
    child.once('exit', (code) => reject(new Error(`the broker ended with ${code}`)));
  });
  return {
    name: 'embedded',
    address: `127.0.0.1:${port}`,
    async stop() {
      child.kill('SIGTERM');
      await new Promise((resolve) => child.once('exit', resolve));
    },
  };
}

async function produce(kafka: Kafka): Promise<number> {
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  const startMs = Date.now() - Math.ceil(total / 50);
  let bytes = 0;
  let messages: { key: string; value: string; timestamp: string }[] = [];
  for (const { key, value } of debeziumEnvelopes(total, KEYS, startMs, 50)) {
    bytes += value.length;
    messages.push({ key, value, timestamp: String(Date.now()) });
    if (messages.length < 2_000) continue;
    await producer.send({ topic, messages, acks: 1 });
    messages = [];
  }
  if (messages.length > 0) await producer.send({ topic, messages, acks: 1 });
  await producer.disconnect();
  return Math.round(bytes / total);
}

/** Seconds that a bare consumer takes, from its first batch to the last record parsed, and its processor time. */
async function bareConsumer(kafka: Kafka, groupId: string): Promise<{ seconds: number; cpuUs: number }> {
  const consumer = kafka.consumer({
    groupId,
    maxWaitTimeInMs: 200,
    maxBytes: 16 * 1024 * 1024,
    maxBytesPerPartition: 4 * 1024 * 1024,
  });
  const done = Promise.withResolvers<number>();
  let firstMs = 0;
  let firstCpu = process.cpuUsage();
  let seen = 0;
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      if (firstMs === 0) {
        firstMs = performance.now();
        firstCpu = process.cpuUsage();
      }
      for (const { value } of batch.messages) if (value !== null) JSON.parse(value.toString());
      seen += batch.messages.length;
      if (seen >= total) done.resolve(performance.now());
    },
  });
  const endMs = await done.promise;
  const { user, system } = process.cpuUsage(firstCpu);
  await consumer.disconnect();
  return { seconds: (endMs - firstMs) / 1000, cpuUs: user + system };
}

const folder = mkdtempSync('/tmp/banyan-bench-');
chmodSync(folder, 0o755);
const broker = await openBroker(join(folder, 'kafka'));
const postgres = await startBenchPostgres(join(folder, 'pg'));
// With the idle timer mended as in the product: what is compared is the same client.
const kafka = demoKafka(broker.address);
const admin = kafka.admin();
try {
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: PARTITIONS }] });
  const envelopeBytes = await produce(kafka);
  const rounds: Round[] = [];
  let exact = true;
  // Alternating, so that what else the machine does falls on both; the median round counts.
  for (let round = 0; round < ROUNDS; round += 1) {
    const bare = await bareConsumer(kafka, `${topic}-bare-${round}`);
    const barePerSec = Math.round(total / bare.seconds);
    const groupId = `${topic}-${round}`;
    const result = await benchIngest({
      brokers: [broker.address],
      databaseUrl: postgres.url,
      migration,
      groupId,
      total,
    });
    const eventsPerSec = Math.round(total / result.seconds);
    exact &&= result.counted === total && result.observed === total && result.duplicates === 0;
    rounds.push({
      ratio: eventsPerSec / barePerSec,
      eventsPerSec,
      barePerSec,
      cpuUsPerEvent: result.cpuUs / total,
      bareCpuUsPerEvent: bare.cpuUs / total,
      transactions: result.transactions,
    });
  }
  const median = rounds.sort((a, b) => a.ratio - b.ratio)[Math.floor(ROUNDS / 2)];
  if (median === undefined) throw new Error('at least one round');
  const { eventsPerSec, barePerSec, cpuUsPerEvent, bareCpuUsPerEvent, transactions } = median;
  const ratio = Number(median.ratio.toFixed(3));
  console.log(
    JSON.stringify({
      bench: 'ingest',
      broker: broker.name,
      events: total,
      envelopeBytes,
      eventsPerSec,
      barePerSec,
      cpuUsPerEvent: Number(cpuUsPerEvent.toFixed(1)),
      bareCpuUsPerEvent: Number(bareCpuUsPerEvent.toFixed(1)),
      ratio,
      target: { eventsPerSec: TARGET_PER_SEC, ratio: 0.5 },
      transactions,
      rounds: ROUNDS,
      exact,
      pass: exact && eventsPerSec >= TARGET_PER_SEC && ratio >= 0.5,
    }),
  );
  if (!exact) process.exitCode = 1;
} finally {
  await admin.deleteTopics({ topics: [topic] }).catch(() => undefined);
  await admin.disconnect();
  await postgres.stop();
  await broker.stop();
  rmSync(folder, { recursive: true, force: true });
}
