import { describe, expect, it } from 'vitest';
import { ingestBench, PARTITIONS, TOPICS } from '../../tools/ingestBench.ts';
import { CDC_TOPIC, counters, envelope, HEARTBEAT_TOPIC, observed, until } from '../../tools/ingestRig.ts';
import { startTestBroker } from '../../tools/testBroker.ts';
import { connectTestKafka } from '../../tools/testKafka.ts';

const bench = ingestBench();

describe('counting', () => {
  it('counts changes, heartbeats and saga events once, and keeps what it can not read', async () => {
    await bench.sendChanges(300);
    const again = envelope(7, 70, bench.nextLsn());
    await bench.kafka.producer.send({
      topic: CDC_TOPIC,
      messages: [
        { key: '{"item_id":7}', value: again },
        { key: '{"item_id":7}', value: again },
        { key: '{"item_id":7}', value: null },
        { key: '{"item_id":7}', value: 'garbage' },
        { key: '{"item_id":7}', value: envelope(7, 'seventy', bench.nextLsn()) },
      ],
    });
    await bench.kafka.producer.send({
      topic: HEARTBEAT_TOPIC,
      messages: [{ key: '{"serverName":"monolith"}', value: '{"ts_ms":1795255764538}' }],
    });
    const sagaMessage = (id: string, type: string) => ({
      key: 'o1',
      value: '{}',
      headers: { 'message-id': id, 'correlation-id': 'o1', type, saga: 'place-order', service: 'orders' },
    });
    await bench.kafka.producer.send({
      topic: 'shop.orders',
      messages: [
        sagaMessage('m1', 'OrderPlaced'),
        sagaMessage('m1', 'OrderPlaced'),
        sagaMessage('m2', 'OrderConfirmed'),
      ],
    });
    const { ingest, reports } = bench.start('a');
    await until(
      'all is received',
      async () =>
        (await counters(bench.database, CDC_TOPIC)).received === 305 &&
        (await counters(bench.database, 'shop.orders')).received === 3,
    );
    expect(await counters(bench.database, CDC_TOPIC)).toEqual({ received: 305, counted: 302, duplicates: 1, dead: 2 });
    expect(await observed(bench.database)).toBe(301);
    expect(await counters(bench.database, 'shop.orders')).toEqual({ received: 3, counted: 2, duplicates: 1, dead: 0 });
    const dead = await bench.database.prisma.deadLetter.findMany({ orderBy: { offset: 'asc' } });
    expect(dead.map(({ reason }) => reason)).toEqual(['json', 'schema']);
    expect(dead[1]?.detail).toMatch(/quantity is a string here and was a number before/);
    const key = await bench.database.prisma.keyEvent.findUnique({
      where: { topic_key: { topic: CDC_TOPIC, key: '["7"]' } },
    });
    expect(key).toMatchObject({ op: 'u', after: '{"quantity":"70"}' });
    const heartbeat = await bench.database.prisma.keyEvent.findFirst({ where: { topic: HEARTBEAT_TOPIC } });
    expect(heartbeat).toMatchObject({ key: '["monolith"]', op: 'h', sourceTsUs: 1_795_255_764_538_000n });
    await ingest.tick();
    await until('caught up', async () => {
      await ingest.tick();
      return (await bench.database.prisma.ingestOffset.count({ where: { caughtUpAt: null } })) === 0;
    });
    expect(reports.get(`topic:${CDC_TOPIC}`)).toMatchObject({ state: 'degraded' });
    expect(reports.get(`topic:${CDC_TOPIC}`)?.detail).toMatch(/2 dead letters; the first at partition \d, offset \d+/);
    expect(reports.get('kafka')).toMatchObject({ state: 'ok' });
  });

  it('goes on where another worker stopped, and counts nothing twice', async () => {
    await bench.sendChanges(100);
    const first = bench.start('a');
    await until('the first has counted', async () => (await counters(bench.database, CDC_TOPIC)).counted === 100);
    await bench.stop(first);
    await bench.sendChanges(50);
    bench.start('b');
    await until('the second has counted', async () => (await counters(bench.database, CDC_TOPIC)).counted === 150);
    expect(await observed(bench.database)).toBe(150);
  });

  it('a source that was restored from a backup goes on below what was counted, also past a restart of Banyan', async () => {
    const change = (lsn: number, tsMs: number) => ({ partition: 0, key: null, value: envelope(1, lsn, lsn, tsMs) });
    const send = (...messages: ReturnType<typeof change>[]) =>
      bench.kafka.producer.send({ topic: CDC_TOPIC, messages });
    const nowMs = Date.now();
    await send(change(5_000, nowMs), change(5_001, nowMs + 1));
    const first = bench.start('a');
    await until('counted', async () => (await counters(bench.database, CDC_TOPIC)).counted === 2);
    await bench.stop(first);
    await send(change(5_001, nowMs + 1), change(300, nowMs + 2), change(301, nowMs + 3), change(300, nowMs + 2));
    bench.start('b');
    await until('all is received', async () => (await counters(bench.database, CDC_TOPIC)).received === 6);
    expect(await counters(bench.database, CDC_TOPIC)).toMatchObject({ counted: 4, duplicates: 2 });
  });

  it('two workers share the partitions and count each record once through joins and leaves', async () => {
    const a = bench.start('a');
    await bench.sendChanges(200);
    bench.start('b');
    await bench.sendChanges(400);
    await until('both own some', async () => {
      const rows = await bench.database.prisma.ingestOffset.groupBy({ by: ['owner'], _count: true });
      return rows.length === 2;
    });
    await bench.sendChanges(200);
    await bench.stop(a);
    await bench.sendChanges(200);
    await until('all is counted', async () => (await counters(bench.database, CDC_TOPIC)).counted === 1_000);
    expect(await observed(bench.database)).toBe(1_000);
    expect(await counters(bench.database, CDC_TOPIC)).toMatchObject({ duplicates: 0, dead: 0, received: 1_000 });
  });
});

describe('faults of the topics', () => {
  it('a missing topic is named with its fix, the others go on, and it is read once it is there', async () => {
    await bench.kafka.admin.deleteTopics({ topics: ['shop.orders'] });
    await bench.sendChanges(30);
    const { reports } = bench.start('a');
    await until('the others are counted', async () => (await counters(bench.database, CDC_TOPIC)).counted === 30);
    expect(reports.get('topic:shop.orders')).toMatchObject({
      state: 'down',
      detail: expect.stringMatching(/shop\.orders does not exist/),
    });
    await bench.kafka.admin.createTopics({ topics: [{ topic: 'shop.orders', numPartitions: 1 }] });
    await bench.kafka.producer.send({ topic: 'shop.orders', messages: [{ key: 'x', value: '{}' }] });
    await until('it is read', async () => (await counters(bench.database, 'shop.orders')).received === 1);
  });

  it('a topic that was made anew stops with that reason; the others go on', async () => {
    await bench.sendChanges(60);
    const first = bench.start('a');
    await until('counted', async () => (await counters(bench.database, CDC_TOPIC)).counted === 60);
    await bench.stop(first);
    await bench.kafka.admin.deleteTopics({ topics: [CDC_TOPIC] });
    await bench.kafka.admin.createTopics({ topics: [{ topic: CDC_TOPIC, numPartitions: PARTITIONS }] });
    await bench.sendChanges(60);
    await bench.kafka.producer.send({ topic: 'shop.orders', messages: [{ key: 'x', value: '{}' }] });
    const { reports } = bench.start('b');
    await until('all its partitions are stopped', async () => {
      return (
        (await bench.database.prisma.ingestOffset.count({
          where: { topic: CDC_TOPIC, stopped: { contains: 'recreated' } },
        })) === PARTITIONS
      );
    });
    await until('the others go on', async () => (await counters(bench.database, 'shop.orders')).received === 1);
    expect((await counters(bench.database, CDC_TOPIC)).counted).toBe(60);
    expect(reports.get(`topic:${CDC_TOPIC}`)).toMatchObject({
      state: 'down',
      detail: expect.stringMatching(/was recreated/),
    });
  });

  it('records that the broker dropped before they were counted stop the partition with the gap named', async () => {
    await bench.sendChanges(60);
    const first = bench.start('a');
    await until('counted', async () => (await counters(bench.database, CDC_TOPIC)).counted === 60);
    await bench.stop(first);
    await bench.sendChanges(60);
    const ends = await bench.kafka.admin.fetchTopicOffsets(CDC_TOPIC);
    await bench.kafka.admin.deleteTopicRecords({
      topic: CDC_TOPIC,
      partitions: ends.map(({ partition, high }) => ({ partition, offset: high })),
    });
    const second = bench.start('b');
    await until('all its partitions are stopped', async () => {
      return (
        (await bench.database.prisma.ingestOffset.count({
          where: { topic: CDC_TOPIC, stopped: { contains: 'were dropped by the broker' } },
        })) === PARTITIONS
      );
    });
    await until('the assignment is taken', () => second.ingest.status.isReachable);
    await second.ingest.tick();
    expect(second.reports.get(`topic:${CDC_TOPIC}`)).toMatchObject({
      state: 'down',
      detail: expect.stringMatching(/were dropped by the broker/),
    });
  });
});

it('says since when Kafka is unreachable, and goes on when it is back', async () => {
  const other = await startTestBroker();
  const rig = bench.start('a', undefined, other.address);
  const make = async (address: string) => {
    const remote = await connectTestKafka(address);
    await remote.admin.createTopics({ topics: TOPICS.map((topic) => ({ topic, numPartitions: 1 })) });
    return remote;
  };
  await (await make(other.address)).disconnect();
  await until('joined', () => rig.ingest.status.isReachable);
  await other.stop('SIGKILL');
  await until('unreachable', () => /unreachable since \d\d:\d\d:\d\d UTC/.test(rig.reports.get('kafka')?.detail ?? ''));
  const back = await startTestBroker(other.port);
  const remote = await make(back.address);
  await remote.producer.send({
    topic: CDC_TOPIC,
    messages: [{ key: '{"item_id":1}', value: envelope(1, 1, 5) }],
  });
  await remote.disconnect();
  await until('counted', async () => (await counters(bench.database, CDC_TOPIC)).counted === 1);
  await bench.stop(rig);
  await back.stop();
});
