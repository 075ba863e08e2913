import type { Admin, Message, Producer, TopicMessages } from 'kafkajs';
import type { CaptureRecord } from './captureRecord.ts';

const BATCH_RECORDS = 2000;
// Each partition's share of a request is one record batch, which brokers refuse above 1 MiB by default.
const BATCH_CHARACTERS = 500_000;
const FULL_RECORDS = 10_000;

interface Entry<Position> {
  readonly records: readonly CaptureRecord[];
  readonly position: Position;
}

/**
 * Sends records in order and reports the newest position before which everything has been acknowledged by the broker.
 * One batch is under way at a time; what arrives meanwhile forms the next.
 */
export class RecordSink<Position> {
  private readonly producer: Producer;
  private readonly admin: Admin;
  private readonly onAcknowledged: (position: Position) => void;
  private readonly onError: (error: unknown) => void;
  private readonly topics = new Set<string>();
  private queue: Entry<Position>[] = [];
  private queuedRecords = 0;
  private sending: Promise<void> | undefined;
  private room: (() => void)[] = [];

  constructor(
    producer: Producer,
    admin: Admin,
    callbacks: { onAcknowledged: (position: Position) => void; onError: (error: unknown) => void },
  ) {
    this.producer = producer;
    this.admin = admin;
    this.onAcknowledged = callbacks.onAcknowledged;
    this.onError = callbacks.onError;
  }

  /** Queues records and the position that is reached with them; waits only while the queue is full. */
  push(records: readonly CaptureRecord[], position: Position): Promise<void> | undefined {
    this.queue.push({ records, position });
    this.queuedRecords += records.length;
    this.sending ??= this.sendAll();
    if (this.queuedRecords < FULL_RECORDS) return undefined;
    return new Promise((resolve) => this.room.push(resolve));
  }

  /** Resolves when everything queued so far has been acknowledged, or sending has failed. */
  async flush(): Promise<void> {
    while (this.sending !== undefined) await this.sending;
  }

  private async sendAll(): Promise<void> {
    try {
      // The rest of this turn of the loop may add to the batch.
      await Promise.resolve();
      while (this.queue.length > 0) await this.sendNext();
    } catch (error) {
      this.queue = [];
      this.queuedRecords = 0;
      this.onError(error);
    } finally {
      this.sending = undefined;
      this.wake();
    }
  }

  private async sendNext(): Promise<void> {
    const entries: Entry<Position>[] = [];
    let count = 0;
    let characters = 0;
    for (const entry of this.queue) {
      const size = entry.records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
      const isFull = count + entry.records.length > BATCH_RECORDS || characters + size > BATCH_CHARACTERS;
      if (entries.length > 0 && isFull) break;
      entries.push(entry);
      count += entry.records.length;
      characters += size;
    }
    this.queue = this.queue.slice(entries.length);
    const topicMessages = groupByTopic(entries.flatMap(({ records }) => records));
    for (const { topic } of topicMessages) await this.ensureTopic(topic);
    if (topicMessages.length > 0) await this.producer.sendBatch({ topicMessages, acks: -1 });
    this.queuedRecords -= count;
    const last = entries.at(-1);
    if (last !== undefined) this.onAcknowledged(last.position);
    if (this.queuedRecords < FULL_RECORDS / 2) this.wake();
  }

  /** As a broker with topics made on demand would: one partition, for what nobody has created before. */
  private async ensureTopic(topic: string): Promise<void> {
    if (this.topics.has(topic)) return;
    const existing = await this.admin.listTopics();
    if (!existing.includes(topic)) await this.admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
    this.topics.add(topic);
  }

  private wake(): void {
    for (const resolve of this.room.splice(0)) resolve();
  }
}

function groupByTopic(records: readonly CaptureRecord[]): TopicMessages[] {
  const byTopic = new Map<string, Message[]>();
  for (const { topic, key, value, headers, partition } of records) {
    const messages = byTopic.get(topic) ?? [];
    messages.push({ key, value, headers, ...(partition === undefined ? {} : { partition }) });
    byTopic.set(topic, messages);
  }
  return [...byTopic].map(([topic, messages]) => ({ topic, messages }));
}
