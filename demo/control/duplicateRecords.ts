import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaMessage, Message } from 'kafkajs';
import { describeError } from '../demoError.ts';
import { demoKafka } from '../infra/demoKafka.ts';
import { withAdmin } from '../infra/topics.ts';

export interface DuplicateOptions {
  readonly kafka: string;
  readonly topics: readonly string[];
  readonly log: (line: string) => void;
  /** Newest records of each partition that are produced again in each round. */
  readonly perPartition?: number;
  readonly everyMs?: number;
}

/** Produces the newest records of the topics again and again until it is stopped. */
export function startDuplicating(options: DuplicateOptions): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const rounds = (async () => {
    while (!stopping.signal.aborted) {
      try {
        const count = await duplicateNewest(options, stopping.signal);
        options.log(`duplicate-events: ${count} records produced again`);
      } catch (error) {
        if (!stopping.signal.aborted) options.log(`duplicate-events: ${describeError(error)}`);
      }
      await delay(options.everyMs ?? 5_000, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await rounds;
    },
  };
}

/** One round: reads the newest records of each partition and produces them to the same partition. */
export async function duplicateNewest(options: DuplicateOptions, signal?: AbortSignal): Promise<number> {
  const read = await readNewest(options, signal);
  const producer = demoKafka(options.kafka).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  try {
    await producer.sendBatch({
      topicMessages: read.map(({ topic, partition, messages }) => ({
        topic,
        messages: messages.map((message) => again(message, partition)),
      })),
    });
  } finally {
    await producer.disconnect();
  }
  return read.reduce((sum, { messages }) => sum + messages.length, 0);
}

/** The same key, value, headers and time. */
function again(message: KafkaMessage, partition: number): Message {
  return {
    key: message.key,
    value: message.value,
    partition,
    timestamp: message.timestamp,
    ...(message.headers === undefined ? {} : { headers: message.headers }),
  };
}

interface Newest {
  readonly topic: string;
  readonly partition: number;
  readonly messages: KafkaMessage[];
}

async function readNewest(options: DuplicateOptions, signal?: AbortSignal): Promise<Newest[]> {
  const { kafka, topics, perPartition = 50 } = options;
  const groupId = `demo-duplicates-${randomUUID()}`;
  const wanted = new Map<string, Newest & { readonly from: bigint; readonly to: bigint }>();
  await withAdmin(kafka, async (admin) => {
    for (const topic of topics) {
      for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
        const to = BigInt(high);
        const newest = to - BigInt(perPartition);
        const from = newest > BigInt(low) ? newest : BigInt(low);
        if (to > from) wanted.set(`${topic}/${partition}`, { topic, partition, from, to, messages: [] });
      }
    }
  });
  if (wanted.size === 0) return [];
  const consumer = demoKafka(kafka).consumer({ groupId, maxWaitTimeInMs: 200, sessionTimeout: 10_000 });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [...new Set([...wanted.values()].map(({ topic }) => topic))] });
    const open = new Set(wanted.keys());
    await new Promise<void>((done, reject) => {
      // Markers and compaction leave gaps in the offsets: a quiet end is the end too.
      const giveUp = setTimeout(done, 10_000);
      const finish = (): void => {
        clearTimeout(giveUp);
        done();
      };
      signal?.addEventListener('abort', finish, { once: true });
      consumer.on(consumer.events.GROUP_JOIN, () => {
        for (const { topic, partition, from } of wanted.values()) {
          consumer.seek({ topic, partition, offset: from.toString() });
        }
      });
      consumer
        .run({
          autoCommit: false,
          eachBatch: async ({ batch }) => {
            const name = `${batch.topic}/${batch.partition}`;
            const target = wanted.get(name);
            if (target === undefined || !open.has(name)) return;
            const inRange = batch.messages.filter(
              ({ offset }) => BigInt(offset) >= target.from && BigInt(offset) < target.to,
            );
            target.messages.push(...inRange);
            if (BigInt(batch.lastOffset()) >= target.to - 1n) open.delete(name);
            if (open.size === 0) finish();
          },
        })
        .catch(reject);
    });
  } finally {
    await consumer.disconnect();
    await withAdmin(kafka, (admin) => admin.deleteGroups([groupId])).catch(() => undefined);
  }
  return [...wanted.values()].filter(({ messages }) => messages.length > 0);
}
