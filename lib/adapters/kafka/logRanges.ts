import type { Admin } from 'kafkajs';
import type { LogRange } from '../../ports/eventSource.ts';

/** Ends of the logs through an admin client that connects when it is needed and again after an error. */
export class LogRanges {
  readonly #admin: Admin;
  #connected: Promise<void> | null = null;

  constructor(admin: Admin) {
    this.#admin = admin;
  }

  /** Ranges by topic; a topic that doesn't exist is left out. */
  async read(topics: readonly string[]): Promise<ReadonlyMap<string, readonly LogRange[]>> {
    return this.use(async (admin) => {
      const ranges = new Map<string, readonly LogRange[]>();
      for (const topic of topics) {
        const offsets = await admin.fetchTopicOffsets(topic).catch((error: unknown) => {
          if (isUnknownTopic(error)) return null;
          throw error;
        });
        if (offsets === null) continue;
        ranges.set(
          topic,
          offsets.map(({ partition, low, high }) => ({ partition, low: BigInt(low), high: BigInt(high) })),
        );
      }
      return ranges;
    });
  }

  topics(): Promise<string[]> {
    return this.use((admin) => admin.listTopics());
  }

  /** Runs one admin call; any error closes the connection, so that the next call begins anew. */
  async use<T>(call: (admin: Admin) => Promise<T>): Promise<T> {
    try {
      this.#connected ??= this.#admin.connect();
      await this.#connected;
      return await call(this.#admin);
    } catch (error) {
      this.#connected = null;
      await this.#admin.disconnect().catch(() => undefined);
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.#connected?.catch(() => undefined);
    this.#connected = null;
    await this.#admin.disconnect().catch(() => undefined);
  }
}

function isUnknownTopic(error: unknown): boolean {
  return error instanceof Error && 'type' in error && error.type === 'UNKNOWN_TOPIC_OR_PARTITION';
}
