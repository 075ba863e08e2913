import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import LZ4 from '@2l/kafkajs-lz4';
import {
  type Admin,
  CompressionCodecs,
  CompressionTypes,
  Kafka,
  type KafkaMessage,
  logLevel,
  Partitioners,
  type Producer,
} from 'kafkajs';
import { z } from 'zod';
import { waitUntil } from './waitUntil.ts';

interface Codec {
  compress(encoder: { buffer: Buffer }): Promise<Buffer>;
  decompress(buffer: Buffer): Promise<Buffer>;
}

const codecFactory = z.custom<() => Codec>((value) => typeof value === 'function');
const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

CompressionCodecs[CompressionTypes.Snappy] = codecFactory.parse(createRequire(import.meta.url)('kafkajs-snappy'));
CompressionCodecs[CompressionTypes.LZ4] = new LZ4().codec;
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: ({ buffer }: { buffer: Buffer }) => compress(buffer),
  decompress: (buffer: Buffer) => decompress(buffer),
});

export interface Received {
  readonly topic: string;
  readonly partition: number;
  readonly message: KafkaMessage;
}

/** A name that no other test uses. */
export const unique = (prefix: string): string => `${prefix}-${randomBytes(4).toString('hex')}`;

/** Clients of one suite, closed together at its end. */
export class ContractKafka {
  readonly kafka: Kafka;
  admin: Admin;
  producer: Producer;
  private readonly closing: (() => Promise<void>)[] = [];

  constructor(brokers: readonly string[]) {
    this.kafka = new Kafka({ clientId: 'contract', brokers: [...brokers], logLevel: logLevel.NOTHING });
    this.admin = this.kafka.admin();
    this.producer = this.kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  }

  async connect(): Promise<void> {
    await Promise.all([this.admin.connect(), this.producer.connect()]);
    this.closing.push(
      () => this.admin.disconnect(),
      () => this.producer.disconnect(),
    );
  }

  async close(): Promise<void> {
    for (const close of this.closing.splice(0).reverse()) await close();
  }

  async createTopic(numPartitions = 1, configEntries: { name: string; value: string }[] = []): Promise<string> {
    const topic = unique('contract');
    await this.admin.createTopics({ topics: [{ topic, numPartitions, configEntries }] });
    return topic;
  }

  /** Starts a consumer of the group; what it receives is added to the array, what it is assigned is told by `owned`. */
  async consume(
    groupId: string,
    topics: string[],
    received: Received[] = [],
  ): Promise<{ received: Received[]; owned: () => number[] | undefined; stop: () => Promise<void> }> {
    const consumer = this.kafka.consumer({
      groupId,
      maxWaitTimeInMs: 200,
      sessionTimeout: 10_000,
      heartbeatInterval: 500,
      rebalanceTimeout: 10_000,
    });
    let owned: number[] | undefined;
    const [topic = ''] = topics;
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      owned = [...(payload.memberAssignment[topic] ?? [])];
    });
    let stopped = false;
    const stop = async (): Promise<void> => {
      if (stopped) return;
      stopped = true;
      await consumer.disconnect();
    };
    this.closing.push(stop);
    await consumer.connect();
    await consumer.subscribe({ topics, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ topic: from, partition, message }) => {
        received.push({ topic: from, partition, message });
      },
    });
    return { received, owned: () => owned, stop };
  }

  /** The first `count` messages of the topics. */
  async read(topics: string[], count: number): Promise<Received[]> {
    const { received, stop } = await this.consume(unique('reader'), topics);
    await waitUntil(`${count} messages of ${topics.join(', ')}`, () => (received.length >= count ? true : undefined));
    await stop();
    return received;
  }
}
