import type { Consumer, Message } from 'kafkajs';
import { waitUntil } from '../../demo/infra/contract/waitUntil.ts';
import { demoKafka } from '../../demo/infra/demoKafka.ts';
import { type RigEvent, rigEvent } from './rigEvent.ts';

interface RawRecord {
  readonly partition: number;
  readonly message: Message;
}

const NEWEST_RECORDS = 500;
const EVENTS_A_KEY = 8;

/** Reads along one topic: the newest records, and the newest events of each key that is watched. */
export class RigTap {
  readonly #events = new Map<string, RigEvent[]>();
  readonly #watches: (key: string) => boolean;
  readonly #next = new Map<number, bigint>();
  readonly #kafka: string;
  readonly #topic: string;
  readonly #newest: RawRecord[] = [];
  #consumer: Consumer | null = null;

  constructor(kafka: string, topic: string, watches: (key: string) => boolean) {
    this.#kafka = kafka;
    this.#topic = topic;
    this.#watches = watches;
  }

  async start(): Promise<void> {
    const consumer = demoKafka(this.#kafka).consumer({ groupId: `tap-${this.#topic}`, maxWaitTimeInMs: 50 });
    this.#consumer = consumer;
    await consumer.connect();
    await consumer.subscribe({ topics: [this.#topic], fromBeginning: true });
    await consumer.run({
      eachBatch: async ({ batch }) => {
        for (const message of batch.messages) {
          this.#next.set(batch.partition, BigInt(message.offset) + 1n);
          const { key, value, headers } = message;
          if (
            this.#newest.push({ partition: batch.partition, message: { key, value, ...(headers && { headers }) } }) >
            2 * NEWEST_RECORDS
          ) {
            this.#newest.splice(0, NEWEST_RECORDS);
          }
          const event = rigEvent(batch.partition, message);
          if (event === null || !this.#watches(event.key)) continue;
          const events = this.#events.get(event.key) ?? [];
          this.#events.set(event.key, [...events.slice(1 - EVENTS_A_KEY), event]);
        }
      },
    });
  }

  async stop(): Promise<void> {
    await this.#consumer?.disconnect();
  }

  /** The newest events of a watched key, oldest first. */
  eventsOf(key: string): readonly RigEvent[] {
    return this.#events.get(key) ?? [];
  }

  /** Resolves with an event of each of these keys that the condition takes. */
  async awaitEvents(keys: readonly string[], takes: (event: RigEvent) => boolean): Promise<readonly RigEvent[]> {
    return waitUntil(`events of ${keys.length} keys on ${this.#topic}`, () => {
      const found = keys.flatMap((key) => this.eventsOf(key).findLast(takes) ?? []);
      return found.length === keys.length ? found : undefined;
    });
  }

  /** Newest records of all partitions, oldest first. */
  newest(count: number): readonly RawRecord[] {
    return this.#newest.slice(-count);
  }

  /** End of what was read of each partition. */
  get ends(): ReadonlyMap<number, bigint> {
    return this.#next;
  }
}
