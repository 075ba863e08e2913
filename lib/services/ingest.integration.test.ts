import kafkajs, { type Admin, type Producer } from 'kafkajs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  CDC_TOPIC,
  counters,
  envelope,
  HEARTBEAT_TOPIC,
  observed,
  type Rig,
  startRig,
  until,
} from '../../tools/ingestRig.ts';
import { startTestBroker, type TestBroker } from '../../tools/testBroker.ts';
import { createTestDatabase } from '../../tools/testDatabase.ts';
import { type Database, openDatabase } from '../adapters/store/database.ts';
import type { FactStore } from '../ports/factStore.ts';

const PARTITIONS = 3;
const TOPICS = [CDC_TOPIC, HEARTBEAT_TOPIC, 'shop.orders'];

let broker: TestBroker;
let database: Database;
let admin: Admin;
let producer: Producer;
let rigs: Rig[] = [];
let lsn = 1_000;

async function connect(address: string): Promise<void> {
  const kafka = new kafkajs.Kafka({ brokers: [address], logLevel: kafkajs.logLevel.NOTHING, retry: { retries: 8 } });
  admin = kafka.admin();
  producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await Promise.all([admin.connect(), producer.connect()]);
}

beforeAll(async () => {
  broker = await startTestBroker();
  await connect(broker.address);
});

afterAll(async () => {
  await Promise.all([admin.disconnect(), producer.disconnect()]);
  await broker.stop();
});

beforeEach(async () => {
  database = await openDatabase({ url: await createTestDatabase('ingest'), applicationName: 'test', migrate: true });
  await admin.createTopics({ topics: TOPICS.map((topic) => ({ topic, numPartitions: PARTITIONS })) });
});

afterEach(async () => {
  await Promise.all(rigs.map(({ ingest }) => ingest.stop()));
  rigs = [];
  await database.close();
  await admin.deleteTopics({ topics: TOPICS }).catch(() => undefined);
});

function start(owner: string, wrap?: (store: FactStore) => FactStore): Rig {
  const rig = startRig(broker.address, database, owner, wrap);
  rigs.push(rig);
  return rig;
}

/** Sends `count` changes of distinct positions over many keys. */
async function sendChanges(count: number): Promise<void> {
  const messages = Array.from({ length: count }, (_, index) => {
    lsn += 1;
    return { key: `{"item_id":${index % 50}}`, value: envelope(index % 50, index, lsn) };
  });
  for (let at = 0; at < count; at += 200)
    await producer.send({ topic: CDC_TOPIC, messages: messages.slice(at, at + 200) });
}

describe('counting', () => {
  it('counts changes, heartbeats and saga events once, and keeps what it can not read', async () => {
    await sendChanges(300);
    lsn += 1;
    const again = envelope(7, 70, lsn);
    await producer.send({
      topic: CDC_TOPIC,
      messages: [
        { key: '{"item_id":7}', value: again },
        { key: '{"item_id":7}', value: again },
        { key: '{"item_id":7}', value: null },
        { key: '{"item_id":7}', value: 'garbage' },
        { key: '{"item_id":7}', value: envelope(7, 'seventy', lsn + 1) },
      ],
    });
    await producer.send({
      topic: HEARTBEAT_TOPIC,
      messages: [{ key: '{"serverName":"monolith"}', value: '{"ts_ms":1795255764538}' }],
    });
    const sagaMessage = (id: string, type: string) => ({
      key: 'o1',
      value: '{}',
      headers: { 'message-id': id, 'correlation-id': 'o1', type, saga: 'place-order', service: 'orders' },
    });
    await producer.send({
      topic: 'shop.orders',
      messages: [
        sagaMessage('m1', 'OrderPlaced'),
        sagaMessage('m1', 'OrderPlaced'),
        sagaMessage('m2', 'OrderConfirmed'),
      ],
    });
    const { ingest, reports } = start('a');
    await until(
      'all is received',
      async () =>
        (await counters(database, CDC_TOPIC)).received === 305 &&
        (await counters(database, 'shop.orders')).received === 3,
    );
    expect(await counters(database, CDC_TOPIC)).toEqual({ received: 305, counted: 302, duplicates: 1, dead: 2 });
    expect(await observed(database)).toBe(301);
    expect(await counters(database, 'shop.orders')).toEqual({ received: 3, counted: 2, duplicates: 1, dead: 0 });
    const dead = await database.prisma.deadLetter.findMany({ orderBy: { offset: 'asc' } });
    expect(dead.map(({ reason }) => reason)).toEqual(['json', 'schema']);
    expect(dead[1]?.detail).toMatch(/quantity is a string here and was a number before/);
    const key = await database.prisma.keyEvent.findUnique({ where: { topic_key: { topic: CDC_TOPIC, key: '["7"]' } } });
    expect(key).toMatchObject({ op: 'u', after: '{"quantity":"70"}' });
    const heartbeat = await database.prisma.keyEvent.findFirst({ where: { topic: HEARTBEAT_TOPIC } });
    expect(heartbeat).toMatchObject({ key: '["monolith"]', op: 'h', sourceTsUs: 1_795_255_764_538_000n });
    await ingest.tick();
    await until('caught up', async () => {
      await ingest.tick();
      return (await database.prisma.ingestOffset.count({ where: { caughtUpAt: null } })) === 0;
    });
    expect(reports.get(`topic:${CDC_TOPIC}`)).toMatchObject({ state: 'degraded' });
    expect(reports.get(`topic:${CDC_TOPIC}`)?.detail).toMatch(/2 dead letters; the first at partition \d, offset \d+/);
    expect(reports.get('kafka')).toMatchObject({ state: 'ok' });
  });

  it('goes on where another worker stopped, and counts nothing twice', async () => {
    await sendChanges(100);
    const first = start('a');
    await until('the first has counted', async () => (await counters(database, CDC_TOPIC)).counted === 100);
    await first.ingest.stop();
    rigs = [];
    await sendChanges(50);
    start('b');
    await until('the second has counted', async () => (await counters(database, CDC_TOPIC)).counted === 150);
    expect(await observed(database)).toBe(150);
  });

  it('two workers share the partitions and count each record once through joins and leaves', async () => {
    const a = start('a');
    await sendChanges(200);
    start('b');
    await sendChanges(400);
    await until('both own some', async () => {
      const rows = await database.prisma.ingestOffset.groupBy({ by: ['owner'], _count: true });
      return rows.length === 2;
    });
    await sendChanges(200);
    await a.ingest.stop();
    rigs = rigs.slice(1);
    await sendChanges(200);
    await until('all is counted', async () => (await counters(database, CDC_TOPIC)).counted === 1_000);
    expect(await observed(database)).toBe(1_000);
    expect(await counters(database, CDC_TOPIC)).toMatchObject({ duplicates: 0, dead: 0, received: 1_000 });
  });
});

describe('faults of the store', () => {
  const outcomes: [
    what: string,
    fault: (store: FactStore, batch: Parameters<FactStore['commit']>[0]) => Promise<never>,
  ][] = [
    [
      'the commit happened, and the answer was lost',
      async (store, batch) => {
        await store.commit(batch);
        throw new Error('socket closed');
      },
    ],
    [
      'the commit did not happen',
      async () => {
        throw new Error('socket closed');
      },
    ],
  ];
  it.each(outcomes)('%s: it reads where the store stands and goes on', async (_what, fault) => {
    await sendChanges(300);
    let commits = 0;
    start('a', (store) => ({
      claim: (...args) => store.claim(...args),
      reread: (...args) => store.reread(...args),
      setStopped: (...args) => store.setStopped(...args),
      noteWatermarks: (...args) => store.noteWatermarks(...args),
      commit: (batch) => {
        commits += 1;
        return commits % 2 === 1 ? fault(store, batch) : store.commit(batch);
      },
    }));
    await sendChanges(300);
    await until('all is counted', async () => (await counters(database, CDC_TOPIC)).counted === 600);
    expect(await observed(database)).toBe(600);
    expect(commits).toBeGreaterThan(2);
  });

  it('connections that die at any moment change no count', async () => {
    start('a');
    const sending = (async () => {
      for (let round = 0; round < 10; round += 1) await sendChanges(100);
    })();
    const killer = await openDatabase({
      url: database.pool.options.connectionString ?? '',
      applicationName: 'killer',
      migrate: false,
    });
    for (let round = 0; round < 15; round += 1) {
      await killer.pool.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'test'`,
      );
      await new Promise((resolve) => setTimeout(resolve, 20 + 13 * (round % 5)));
    }
    await killer.close();
    await sending;
    await until(
      'all is counted',
      async () => (await counters(database, CDC_TOPIC).catch(() => null))?.counted === 1_000,
    );
    expect(await observed(database)).toBe(1_000);
  });

  it('a zombie that wakes in the middle of its commit writes nothing after it was fenced', async () => {
    const frozen = Promise.withResolvers<void>();
    const thaw = Promise.withResolvers<void>();
    const results: string[] = [];
    const zombie = start('zombie', (store) => ({
      claim: (...args) => store.claim(...args),
      reread: (...args) => store.reread(...args),
      setStopped: (...args) => store.setStopped(...args),
      noteWatermarks: (...args) => store.noteWatermarks(...args),
      async commit(batch) {
        frozen.resolve();
        await thaw.promise;
        const result = await store.commit(batch);
        results.push(result.kind);
        return result;
      },
    }));
    await sendChanges(90);
    await frozen.promise;
    const rescue = zombie.ingest.stop();
    rigs = [];
    start('other');
    await until('the other has counted all', async () => (await counters(database, CDC_TOPIC)).counted === 90);
    thaw.resolve();
    await rescue;
    expect(new Set(results)).toEqual(new Set(['fenced']));
    expect(await observed(database)).toBe(90);
  });
});

describe('faults of the topics', () => {
  it('a missing topic is named with its fix, the others go on, and it is read once it is there', async () => {
    await admin.deleteTopics({ topics: ['shop.orders'] });
    await sendChanges(30);
    const { reports } = start('a');
    await until('the others are counted', async () => (await counters(database, CDC_TOPIC)).counted === 30);
    expect(reports.get('topic:shop.orders')).toMatchObject({
      state: 'down',
      detail: expect.stringMatching(/shop\.orders does not exist/),
    });
    await admin.createTopics({ topics: [{ topic: 'shop.orders', numPartitions: 1 }] });
    await producer.send({ topic: 'shop.orders', messages: [{ key: 'x', value: '{}' }] });
    await until('it is read', async () => (await counters(database, 'shop.orders')).received === 1);
  });

  it('a topic that was made anew stops with that reason; the others go on', async () => {
    await sendChanges(60);
    const first = start('a');
    await until('counted', async () => (await counters(database, CDC_TOPIC)).counted === 60);
    await first.ingest.stop();
    rigs = [];
    await admin.deleteTopics({ topics: [CDC_TOPIC] });
    await admin.createTopics({ topics: [{ topic: CDC_TOPIC, numPartitions: PARTITIONS }] });
    await sendChanges(60);
    await producer.send({ topic: 'shop.orders', messages: [{ key: 'x', value: '{}' }] });
    const { reports } = start('b');
    await until('all its partitions are stopped', async () => {
      return (
        (await database.prisma.ingestOffset.count({
          where: { topic: CDC_TOPIC, stopped: { contains: 'recreated' } },
        })) === PARTITIONS
      );
    });
    await until('the others go on', async () => (await counters(database, 'shop.orders')).received === 1);
    expect((await counters(database, CDC_TOPIC)).counted).toBe(60);
    expect(reports.get(`topic:${CDC_TOPIC}`)).toMatchObject({
      state: 'down',
      detail: expect.stringMatching(/was recreated/),
    });
  });

  it('records that the broker dropped before they were counted stop the partition with the gap named', async () => {
    await sendChanges(60);
    const first = start('a');
    await until('counted', async () => (await counters(database, CDC_TOPIC)).counted === 60);
    await first.ingest.stop();
    rigs = [];
    await sendChanges(60);
    const ends = await admin.fetchTopicOffsets(CDC_TOPIC);
    await admin.deleteTopicRecords({
      topic: CDC_TOPIC,
      partitions: ends.map(({ partition, high }) => ({ partition, offset: high })),
    });
    start('b');
    await until('all its partitions are stopped', async () => {
      return (
        (await database.prisma.ingestOffset.count({
          where: { topic: CDC_TOPIC, stopped: { contains: 'were dropped by the broker' } },
        })) === PARTITIONS
      );
    });
  });
});

it('says since when Kafka is unreachable, and goes on when it is back', async () => {
  const other = await startTestBroker();
  const rig = startRig(other.address, database, 'a');
  rigs.push(rig);
  const kafka = new kafkajs.Kafka({ brokers: [other.address], logLevel: kafkajs.logLevel.NOTHING });
  const make = async () => {
    const remote = kafka.admin();
    await remote.connect();
    await remote.createTopics({ topics: TOPICS.map((topic) => ({ topic, numPartitions: 1 })) });
    await remote.disconnect();
  };
  await make();
  await until('joined', () => rig.ingest.status.isReachable);
  await other.stop('SIGKILL');
  await until('unreachable', () => /unreachable since \d\d:\d\d:\d\d UTC/.test(rig.reports.get('kafka')?.detail ?? ''));
  const back = await startTestBroker(other.port);
  await make();
  const sender = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await sender.connect();
  await sender.send({ topic: CDC_TOPIC, messages: [{ key: '{"item_id":1}', value: envelope(1, 1, 5) }] });
  await sender.disconnect();
  await until('counted', async () => (await counters(database, CDC_TOPIC)).counted === 1);
  await rig.ingest.stop();
  rigs = [];
  await back.stop();
});
