// The ingest alone, composed for its benchmark: Kafka to store, every record counted, until `total` are.
import { createHash } from 'node:crypto';
import { KafkaEventSource } from '../adapters/kafka/kafkaEventSource.ts';
import { openDatabase } from '../adapters/store/database.ts';
import { PgFactStore } from '../adapters/store/factStore.ts';
import type { Migration } from '../core/migration/definition.ts';
import type { FactStore } from '../ports/factStore.ts';
import type { Logger } from '../ports/logger.ts';
import { startIngest } from '../services/ingest.ts';
import { ingestPlan } from '../services/ingestPlan.ts';

export interface BenchIngestOptions {
  readonly brokers: readonly string[];
  readonly databaseUrl: string;
  readonly migration: Migration;
  readonly groupId: string;
  readonly total: number;
}

/** What one run counted; seconds from the first batch read to the last one committed. */
export interface BenchIngestResult {
  readonly seconds: number;
  /** Processor time of this process meanwhile. */
  readonly cpuUs: number;
  readonly received: number;
  readonly counted: number;
  readonly duplicates: number;
  readonly transactions: number;
  /** Sum of the `capture` observations, which must be the number of events. */
  readonly observed: number;
}

const SILENT: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** Runs the ingest until it has counted `total` records, and reads the counters back from the store. */
export async function benchIngest(options: BenchIngestOptions): Promise<BenchIngestResult> {
  const database = await openDatabase({ url: options.databaseUrl, applicationName: 'bench', migrate: true });
  await database.pool.query('truncate ingest_offset, kpi_bucket, kpi_bin, key_event, pending_apply, dead_letter');
  const store = new PgFactStore(database.pool);
  const done = Promise.withResolvers<number>();
  let firstMs = 0;
  let firstCpu = process.cpuUsage();
  let received = 0;
  let transactions = 0;
  const counting: FactStore = {
    claim: (...args) => store.claim(...args),
    reread: (...args) => store.reread(...args),
    setStopped: (...args) => store.setStopped(...args),
    noteWatermarks: (...args) => store.noteWatermarks(...args),
    async commit(batch) {
      const result = await store.commit(batch);
      transactions += 1;
      received += batch.facts.received;
      if (received >= options.total) done.resolve(performance.now());
      return result;
    },
  };
  const source = new KafkaEventSource({
    connection: { brokers: options.brokers, clientId: 'bench' },
    groupId: options.groupId,
    logger: SILENT,
  });
  const ingest = startIngest({
    plans: ingestPlan(options.migration),
    consumer: options.groupId,
    owner: 'bench',
    startFrom: 'earliest',
    brokers: options.brokers.join(','),
    source: {
      start: (topics, listener) => {
        source.start(topics, {
          ...listener,
          batch: (batch) => {
            if (firstMs === 0) {
              firstMs = performance.now();
              firstCpu = process.cpuUsage();
            }
            return listener.batch(batch);
          },
        });
      },
      seek: (...args) => source.seek(...args),
      halt: (...args) => source.halt(...args),
      ranges: (...args) => source.ranges(...args),
      publishPositions: (...args) => source.publishPositions(...args),
      stop: () => source.stop(),
    },
    store: counting,
    status: { report: () => undefined },
    clock: { nowMs: () => Date.now() },
    logger: SILENT,
    hash: ({ key, value }) =>
      createHash('sha256')
        .update(key ?? '')
        .update(value ?? '')
        .digest(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  });
  const endMs = await done.promise;
  const { user, system } = process.cpuUsage(firstCpu);
  await ingest.stop();
  const offsets = await database.pool.query<{ counted: string; duplicates: string }>(
    'select sum(counted) as counted, sum(duplicates) as duplicates from ingest_offset where consumer = $1',
    [options.groupId],
  );
  const observed = await database.pool.query<{ n: string }>(
    `select coalesce(sum(n), 0) as n from kpi_bucket where indicator = 'cdc_lag' and cohort = 'capture'`,
  );
  await database.close();
  return {
    seconds: (endMs - firstMs) / 1000,
    cpuUs: user + system,
    received,
    counted: Number(offsets.rows[0]?.counted ?? 0),
    duplicates: Number(offsets.rows[0]?.duplicates ?? 0),
    transactions,
    observed: Number(observed.rows[0]?.n ?? 0),
  };
}
