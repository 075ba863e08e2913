import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { messageOf } from '../../errors.ts';
import type {
  EventSource,
  LogRange,
  SourceBatch,
  SourceListener,
  SourceRecord,
  TopicPartition,
} from '../../ports/eventSource.ts';
import type { Logger } from '../../ports/logger.ts';
import { type KafkaConnection, kafkaClient } from './kafkaClient.ts';
import { LogRanges } from './logRanges.ts';

export interface KafkaEventSourceOptions {
  readonly connection: KafkaConnection;
  readonly groupId: string;
  readonly logger: Logger;
  /** Bytes read and not yet handled, over all partitions, above which no more are asked for. */
  readonly byteBudget?: number;
  readonly sessionTimeoutMs?: number;
}

/** Enough for a full transaction of three partitions; more would only wait, and grow old, in memory. */
const DEFAULT_BUDGET = 32 * 1024 * 1024;
const RETRY_MS = 1_000;
const HEARTBEAT_MS = 1_000;
const MISSING_TOPIC_MS = 5_000;
const METADATA_MAX_AGE_MS = 3_000;

/** The event source on kafkajs: one consumer of a group, made anew whenever it crashes. */
export class KafkaEventSource implements EventSource {
  readonly #options: KafkaEventSourceOptions;
  readonly #kafka: Kafka;
  readonly #ranges: LogRanges;
  readonly #budget: number;
  #consumer: Consumer | null = null;
  #listener: SourceListener | null = null;
  #topics: readonly string[] = [];
  #running: Promise<void> | null = null;
  #stopped = false;
  #wake: () => void = () => undefined;
  #generation = 0;
  #bytesInFlight = 0;
  #handled: PromiseWithResolvers<void> = Promise.withResolvers();
  /** Partitions that are read now. */
  readonly #reading = new Set<string>();

  constructor(options: KafkaEventSourceOptions) {
    this.#options = options;
    this.#budget = options.byteBudget ?? DEFAULT_BUDGET;
    this.#kafka = kafkaClient(options.connection, options.logger, { retry: { retries: 3, maxRetryTime: 2_000 } });
    this.#ranges = new LogRanges(kafkaClient(options.connection, options.logger, { retry: { retries: 0 } }).admin());
  }

  start(topics: readonly string[], listener: SourceListener): void {
    this.#topics = topics;
    this.#listener = listener;
    this.#running = this.#supervise(listener);
  }

  seek({ topic, partition }: TopicPartition, offset: bigint): void {
    this.#quietly(() => this.#consumer?.seek({ topic, partition, offset: String(offset) }));
  }

  halt(at: TopicPartition): void {
    this.#reading.delete(nameOf(at));
    this.#quietly(() => this.#consumer?.pause([{ topic: at.topic, partitions: [at.partition] }]));
  }

  ranges(topics: readonly string[]): Promise<ReadonlyMap<string, readonly LogRange[]>> {
    return this.#ranges.read(topics);
  }

  async publishPositions(positions: readonly (TopicPartition & { readonly offset: bigint })[]): Promise<void> {
    const offsets = positions.map(({ topic, partition, offset }) => ({ topic, partition, offset: String(offset) }));
    try {
      await this.#consumer?.commitOffsets(offsets);
    } catch (error) {
      this.#options.logger.debug({ error: messageOf(error) }, 'the positions could not be told to the broker');
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#generation += 1;
    this.#wake();
    await this.#running;
    await this.#ranges.stop();
  }

  /** One turn a consumer: it ends by a crash, by a stop, or because a missing topic has come. */
  async #supervise(listener: SourceListener): Promise<void> {
    while (!this.#stopped) {
      try {
        const present = await this.#presentTopics();
        const missing = this.#topics.filter((topic) => !present.includes(topic));
        listener.missingTopics(missing);
        if (present.length === 0) await this.#pause(MISSING_TOPIC_MS);
        else await this.#consume(present, missing, listener);
      } catch (error) {
        listener.connection({ reachable: false, detail: messageOf(error) });
        await this.#pause(RETRY_MS);
      }
    }
  }

  async #presentTopics(): Promise<string[]> {
    const existing = new Set(await this.#ranges.topics());
    return this.#topics.filter((topic) => existing.has(topic));
  }

  async #consume(topics: readonly string[], missing: readonly string[], listener: SourceListener): Promise<void> {
    const consumer = this.#kafka.consumer({
      groupId: this.#options.groupId,
      sessionTimeout: this.#options.sessionTimeoutMs ?? 10_000,
      rebalanceTimeout: 15_000,
      heartbeatInterval: HEARTBEAT_MS,
      maxWaitTimeInMs: 200,
      minBytes: 1,
      maxBytes: 16 * 1024 * 1024,
      maxBytesPerPartition: 4 * 1024 * 1024,
      // Partitions that are added are read so soon; until then rows that changed there wait for their verdict.
      metadataMaxAge: METADATA_MAX_AGE_MS,
      allowAutoTopicCreation: false,
      retry: { retries: 3, maxRetryTime: 2_000, restartOnFailure: async () => false },
    });
    const ended = Promise.withResolvers<void>();
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      listener.connection({ reachable: false, detail: messageOf(payload.error) });
      ended.resolve();
    });
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      const partitions = Object.entries(payload.memberAssignment).flatMap(([topic, list]) => {
        return list.map((partition) => ({ topic, partition }));
      });
      this.#assign(consumer, partitions, listener);
    });
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
      if (payload.batchSize > 0) return;
      const nextOffset = BigInt(payload.lastOffset) + 1n;
      const { topic, partition } = payload;
      const readFrom = BigInt(payload.firstOffset ?? payload.lastOffset);
      this.#hand(
        { topic, partition, records: [], readFrom, nextOffset, highWatermark: BigInt(payload.highWatermark) },
        0,
      );
    });
    this.#consumer = consumer;
    const watch = missing.length > 0 ? this.#watchMissing(missing, ended) : null;
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [...topics], fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        partitionsConsumedConcurrently: 16,
        eachBatch: async (payload) => this.#take(payload),
      });
      this.#wake = ended.resolve;
      if (!this.#stopped) await ended.promise;
    } finally {
      this.#wake = () => undefined;
      ended.resolve();
      await watch;
      this.#generation += 1;
      this.#reading.clear();
      this.#consumer = null;
      await consumer.disconnect().catch(() => undefined);
    }
    if (!this.#stopped) await this.#pause(RETRY_MS);
  }

  async #watchMissing(missing: readonly string[], ended: PromiseWithResolvers<void>): Promise<void> {
    let open = true;
    void ended.promise.then(() => {
      open = false;
    });
    while (open) {
      await Promise.race([ended.promise, sleep(MISSING_TOPIC_MS)]);
      const existing = open ? await this.#ranges.topics().catch(() => []) : [];
      if (missing.some((topic) => existing.includes(topic))) ended.resolve();
    }
  }

  /** Nothing is read before the reader has claimed what was assigned and said where to begin. */
  #assign(consumer: Consumer, partitions: readonly TopicPartition[], listener: SourceListener): void {
    this.#generation += 1;
    const generation = this.#generation;
    this.#reading.clear();
    this.#quietly(() => consumer.pause(partitions.map(({ topic, partition }) => ({ topic, partitions: [partition] }))));
    const begin = async () => {
      while (generation === this.#generation) {
        try {
          const starts = await listener.assigned(partitions);
          if (generation !== this.#generation) return;
          for (const { topic, partition, offset } of starts) {
            if (offset === null) continue;
            consumer.seek({ topic, partition, offset: String(offset) });
            this.#reading.add(nameOf({ topic, partition }));
            consumer.resume([{ topic, partitions: [partition] }]);
          }
          return;
        } catch (error) {
          this.#options.logger.warn({ error: messageOf(error) }, 'the partitions could not be claimed; trying again');
          await sleep(RETRY_MS);
        }
      }
    };
    void begin();
  }

  async #take({ batch, isStale, isRunning, heartbeat }: EachBatchPayload): Promise<void> {
    if (isStale() || !isRunning() || !this.#reading.has(nameOf(batch))) return;
    const records: SourceRecord[] = [];
    let bytes = 0;
    for (const message of batch.messages) {
      const { key, value } = message;
      bytes += 100 + (key?.length ?? 0) + (value?.length ?? 0);
      records.push({
        offset: BigInt(message.offset),
        // Whatever a producer wrote there stays an exact integer; -1 is Kafka's own "none".
        timestampMs: Math.min(Math.max(Number(message.timestamp), -1), Number.MAX_SAFE_INTEGER),
        key,
        value,
        headers: readHeaders(message.headers),
      });
    }
    const readFrom = 'fetchedOffset' in batch ? BigInt(String(batch.fetchedOffset)) : records[0]?.offset;
    if (readFrom === undefined) return;
    const { topic, partition } = batch;
    const nextOffset = BigInt(batch.lastOffset()) + 1n;
    this.#hand({ topic, partition, records, readFrom, nextOffset, highWatermark: BigInt(batch.highWatermark) }, bytes);
    await heartbeat();
    // Until this returns, the broker is asked for no more. (To pause the partitions instead would throw away, decoded,
    // what has been asked for already.)
    while (this.#bytesInFlight > this.#budget && isRunning() && !isStale()) {
      await Promise.race([this.#handled.promise, sleep(HEARTBEAT_MS)]);
      await heartbeat();
    }
  }

  #hand(batch: SourceBatch, bytes: number): void {
    if (this.#listener === null) return;
    this.#bytesInFlight += bytes;
    void this.#listener.batch(batch).finally(() => {
      this.#bytesInFlight -= bytes;
      this.#handled.resolve();
      this.#handled = Promise.withResolvers();
    });
  }

  /** A consumer that is just ending refuses these calls; the next assignment says it all again. */
  #quietly(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#options.logger.debug({ error: messageOf(error) }, 'the consumer is between two lives');
    }
  }

  async #pause(ms: number): Promise<void> {
    if (this.#stopped) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer = setTimeout(resolve, ms);
    await promise;
    clearTimeout(timer);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

const NO_HEADERS: Readonly<Record<string, string>> = {};

function readHeaders(headers: Record<string, unknown> | undefined): Readonly<Record<string, string>> {
  if (headers === undefined) return NO_HEADERS;
  let texts: Record<string, string> | null = null;
  for (const name in headers) {
    const value = headers[name];
    const first: unknown = Array.isArray(value) ? value[0] : value;
    if (first === undefined || first === null) continue;
    texts ??= {};
    texts[name] = String(first);
  }
  return texts ?? NO_HEADERS;
}
