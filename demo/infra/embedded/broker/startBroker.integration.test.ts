import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ContractKafka } from '../../contract/contractKafka.ts';
import { waitUntil } from '../../contract/waitUntil.ts';
import { type BrokerOptions, type RunningBroker, startBroker } from './startBroker.ts';

const closing: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function newFolder(): string {
  const folder = mkdtempSync('/tmp/banyan-broker-');
  closing.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function open(options: Partial<BrokerOptions> = {}): Promise<{ broker: RunningBroker; kafka: ContractKafka }> {
  const broker = await startBroker({ port: 0, ...options });
  closing.push(() => broker.stop());
  const kafka = new ContractKafka([`127.0.0.1:${broker.port}`]);
  await kafka.connect();
  closing.push(() => kafka.close());
  return { broker, kafka };
}

const values = (count: number): { value: string }[] => Array.from({ length: count }, (_, i) => ({ value: `v${i}` }));

describe('a broker with a data folder', () => {
  it('finds topics, settings, messages, log starts and group offsets again', async () => {
    const dataDir = newFolder();
    const first = await open({ dataDir });
    const topic = await first.kafka.createTopic(2, [{ name: 'cleanup.policy', value: 'compact' }]);
    await first.kafka.producer.send({ topic, messages: values(10).map((message) => ({ ...message, partition: 1 })) });
    await first.kafka.admin.fetchTopicOffsets(topic);
    await first.kafka.admin.deleteTopicRecords({ topic, partitions: [{ partition: 1, offset: '4' }] });
    await first.kafka.admin.setOffsets({ groupId: 'g', topic, partitions: [{ partition: 1, offset: '6' }] });
    await first.kafka.close();
    await first.broker.stop();

    const second = await open({ dataDir });
    const offsets = await second.kafka.admin.fetchTopicOffsets(topic);
    expect(offsets).toContainEqual({ partition: 1, offset: '10', high: '10', low: '4' });
    const { received } = await second.kafka.consume('g', [topic]);
    await waitUntil('the rest', () => (received.length === 4 ? true : undefined));
    expect(received.map(({ message }) => String(message.value))).toEqual(['v6', 'v7', 'v8', 'v9']);
    await second.kafka.producer.send({ topic, messages: [{ value: 'next', partition: 1 }] });
    await waitUntil('a new message', () => (received.at(-1)?.message.offset === '10' ? true : undefined));
  });

  it('cuts off a batch that a killed process left half written', async () => {
    const dataDir = newFolder();
    const first = await open({ dataDir });
    const topic = await first.kafka.createTopic();
    await first.kafka.producer.send({ topic, messages: values(3) });
    await first.kafka.close();
    await first.broker.stop();
    const folder = join(dataDir, 'topics', topic, '0');
    const [segment = ''] = readdirSync(folder);
    appendFileSync(join(folder, segment), Buffer.from([0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 1, 0, 9, 9]));

    const second = await open({ dataDir });
    await second.kafka.producer.send({ topic, messages: [{ value: 'after' }] });
    const received = await second.kafka.read([topic], 4);
    expect(received.map(({ message }) => [message.offset, String(message.value)]).at(-1)).toEqual(['3', 'after']);
  });
});

describe('a broker', () => {
  it.each([
    ['in memory', false],
    ['on disk', true],
  ])('drops the oldest segments beyond its retention and moves the log start, %s', async (_, onDisk) => {
    const dataDir = onDisk ? newFolder() : undefined;
    const { kafka } = await open({ dataDir, segmentBytes: 20_000, retentionBytes: 60_000 });
    const topic = await kafka.createTopic();
    for (let i = 0; i < 30; i++) await kafka.producer.send({ topic, messages: [{ value: String(i).repeat(3000) }] });
    const [offset] = await kafka.admin.fetchTopicOffsets(topic);
    expect(Number(offset?.low)).toBeGreaterThan(5);
    expect(offset?.high).toBe('30');
    const received = await kafka.read([topic], 30 - Number(offset?.low));
    expect(received[0]?.message.offset).toBe(offset?.low);
  });

  it.each([
    ['a length that is no length', Buffer.from([0x7f, 0xff, 0xff, 0xff, 0])],
    ['an unknown request', Buffer.from([0, 0, 0, 12, 0, 99, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0])],
    ['a body that ends too early', Buffer.from([0, 0, 0, 12, 0, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0])],
    ['text', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
  ])('closes the connection that sends %s, and no other', async (_, bytes) => {
    const { broker, kafka } = await open();
    const topic = await kafka.createTopic();
    const socket = connect(broker.port, '127.0.0.1');
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined);
    socket.write(bytes);
    await closed;
    await kafka.producer.send({ topic, messages: values(1) });
    expect(await kafka.read([topic], 1)).toHaveLength(1);
  });

  it('serves others while one client asks for much and reads nothing', async () => {
    const { broker, kafka } = await open();
    const topic = await kafka.createTopic();
    await kafka.producer.send({ topic, messages: [{ value: 'x'.repeat(900_000) }] });
    const socket = connect(broker.port, '127.0.0.1');
    closing.push(() => socket.destroy());
    socket.pause();
    for (let i = 0; i < 50; i++) socket.write(fetchRequest(topic, i));
    expect(await kafka.read([topic], 1)).toHaveLength(1);
    await kafka.producer.send({ topic, messages: values(1) });
    expect(await kafka.read([topic], 2)).toHaveLength(2);
    let bytes = 0;
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    socket.resume();
    await waitUntil('all fifty answers', () => (bytes > 50 * 900_000 ? true : undefined));
  });
});

/** Fetch version 4 of one partition from its start. */
function fetchRequest(topic: string, correlationId: number): Buffer {
  const name = Buffer.from(topic);
  const head = Buffer.alloc(14);
  head.writeInt16BE(1, 0);
  head.writeInt16BE(4, 2);
  head.writeInt32BE(correlationId, 4);
  head.writeInt16BE(-1, 8);
  head.writeInt32BE(-1, 10);
  const body = Buffer.alloc(17);
  body.writeInt32BE(0, 0);
  body.writeInt32BE(1, 4);
  body.writeInt32BE(10_000_000, 8);
  body.writeInt32BE(1, 13);
  const nameLength = Buffer.alloc(2);
  nameLength.writeInt16BE(name.length, 0);
  const rest = Buffer.alloc(20);
  rest.writeInt32BE(1, 0);
  rest.writeInt32BE(10_000_000, 16);
  const parts = [head, body, nameLength, name, rest];
  const length = Buffer.alloc(4);
  length.writeInt32BE(
    parts.reduce((sum, part) => sum + part.length, 0),
    0,
  );
  return Buffer.concat([length, ...parts]);
}
