// A broker for the suite; a store, topics and workers for each test.
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { type Database, openDatabase } from '../lib/adapters/store/database.ts';
import type { FactStore } from '../lib/ports/factStore.ts';
import { CDC_TOPIC, envelope, HEARTBEAT_TOPIC, type Rig, startRig } from './ingestRig.ts';
import { startTestBroker, type TestBroker } from './testBroker.ts';
import { createTestDatabase } from './testDatabase.ts';
import { connectTestKafka, type TestKafka } from './testKafka.ts';

export const PARTITIONS = 3;
export const TOPICS: readonly string[] = [CDC_TOPIC, HEARTBEAT_TOPIC, 'shop.orders'];

export interface IngestBench {
  readonly database: Database;
  readonly kafka: TestKafka;
  /** Starts a worker on the suite's broker (or another); it is stopped with the test at the latest. */
  start(owner: string, wrap?: (store: FactStore) => FactStore, broker?: string): Rig;
  /** Stops a worker before the test ends. */
  stop(rig: Rig): Promise<void>;
  /** A log position that was not used yet. */
  nextLsn(): number;
  /** Sends `count` changes of distinct positions over many keys. */
  sendChanges(count: number): Promise<void>;
}

/** Sets the bench up by vitest's hooks; its members are valid within tests. */
export function ingestBench(): IngestBench {
  let broker: TestBroker;
  let database: Database;
  let kafka: TestKafka;
  let lsn = 1_000;
  const rigs = new Set<Rig>();

  beforeAll(async () => {
    broker = await startTestBroker();
    kafka = await connectTestKafka(broker.address);
  });
  afterAll(async () => {
    await kafka.disconnect();
    await broker.stop();
  });
  beforeEach(async () => {
    database = await openDatabase({ url: await createTestDatabase('ingest'), applicationName: 'test', migrate: true });
    await kafka.admin.createTopics({ topics: TOPICS.map((topic) => ({ topic, numPartitions: PARTITIONS })) });
  });
  afterEach(async () => {
    await Promise.all([...rigs].map(({ ingest }) => ingest.stop()));
    rigs.clear();
    await database.close();
    await kafka.admin.deleteTopics({ topics: [...TOPICS] }).catch(() => undefined);
  });

  return {
    get database() {
      return database;
    },
    get kafka() {
      return kafka;
    },
    start(owner, wrap, address = broker.address) {
      const rig = startRig(address, database, owner, wrap);
      rigs.add(rig);
      return rig;
    },
    async stop(rig) {
      rigs.delete(rig);
      await rig.ingest.stop();
    },
    nextLsn() {
      lsn += 1;
      return lsn;
    },
    async sendChanges(count) {
      const messages = Array.from({ length: count }, (_, index) => {
        lsn += 1;
        return { key: `{"item_id":${index % 50}}`, value: envelope(index % 50, index, lsn) };
      });
      for (let at = 0; at < count; at += 200) {
        await kafka.producer.send({ topic: CDC_TOPIC, messages: messages.slice(at, at + 200) });
      }
    },
  };
}
