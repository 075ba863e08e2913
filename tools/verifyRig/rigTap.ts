import type { Consumer, Message } from 'kafkajs';
import { demoKafka } from '../../demo/infra/demoKafka.ts';
import { patiently } from './patiently.ts';
import { type RigEvent, rigEvent } from './rigEvent.ts';

interface RawRecord {
  readonly partition: number;
  readonly message: Message;
}

const NEWEST_RECORDS = 500;
const EVENTS_A_KEY = 8;

/** Reads along one topic: the newest events of each key that is watched, and the newest records of changes. */
export class RigTap {
  readonly #kafka: string;
  readonly #topic: string;
  readonly #watches: (key: string) => boolean;
  readonly #events = new Map<string, RigEvent[]>();
  readonly #newest: RawRecord[] = [];
  #consumer: Consumer | null = null;

  constructor(kafka: string, topic: string, watches: (key: string) => boolean) {
    this.#kafka = kafka;
    this.#topic = topic;
    this.#watches = watches;
  }

  async start(): Promise<void> {
    const consumer = demoKafka(this.#kafka).consumer({
      groupId: `tap-${this.#topic}`,
      maxWaitTimeInMs: 50,
      metadataMaxAge: 1_000,
    });
    this.#consumer = consumer;
    await consumer.connect();
    await consumer.subscribe({ topics: [this.#topic], fromBeginning: true });
    await consumer.run({
      eachBatch: async ({ batch }) => {
        for (const message of batch.messages) {
          const event = rigEvent(batch.partition, message);
          if (event === null) continue;
          const events = this.#events.get(event.key) ?? [];
          if (this.#watches(event.key)) this.#events.set(event.key, [...events.slice(1 - EVENTS_A_KEY), event]);
          if (event.op === 'r') continue;
          const { key, value, headers } = message;
          this.#newest.push({ partition: batch.partition, message: { key, value, ...(headers && { headers }) } });
          if (this.#newest.length > 2 * NEWEST_RECORDS) this.#newest.splice(0, NEWEST_RECORDS);
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
    return patiently(`events of ${keys.length} keys on ${this.#topic}`, () => {
      const found = keys.flatMap((key) => this.eventsOf(key).findLast(takes) ?? []);
      return found.length === keys.length ? found : undefined;
    });
  }

  /** Newest records of changes in all partitions, oldest first; rows of a snapshot are left out. */
  newest(count: number): readonly RawRecord[] {
    return this.#newest.slice(-count);
  }
}
