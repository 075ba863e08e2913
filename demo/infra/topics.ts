import type { Admin } from 'kafkajs';
import { DemoError } from '../demoError.ts';
import { demoKafka } from './demoKafka.ts';

export interface TopicSpec {
  readonly topic: string;
  readonly partitions: number;
  readonly compacted: boolean;
}

const cdc = (topic: string): TopicSpec => ({ topic, partitions: 3, compacted: true });
const events = (topic: string): TopicSpec => ({ topic, partitions: 3, compacted: false });
const heartbeat = (topic: string): TopicSpec => ({ topic, partitions: 1, compacted: false });

/** Topics of the change data capture, both ways. */
export const CDC_TOPICS: readonly TopicSpec[] = [
  cdc('monolith.public.inventory'),
  cdc('monolith.public.cdc_heartbeat'),
  cdc('inventory.public.stock_level'),
  cdc('inventory.public.cdc_heartbeat'),
  heartbeat('__debezium-heartbeat.monolith'),
  heartbeat('__debezium-heartbeat.inventory'),
];

/** Topics of domain events and of the sagas' commands and replies. */
export const EVENT_TOPICS: readonly TopicSpec[] = [
  events('shop.orders'),
  events('shop.inventory'),
  events('shop.payments'),
  events('shop.transfers.commands'),
  events('shop.transfers.replies'),
];

/** Runs `use` with a connected admin client and disconnects it afterwards. */
export async function withAdmin<T>(kafka: string, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = demoKafka(kafka).admin();
  await admin.connect();
  try {
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

/**
 * Creates the topics that do not exist yet.
 * @throws DemoError if one exists with another number of partitions: its keys would be elsewhere.
 */
export async function ensureTopics(kafka: string, specs: readonly TopicSpec[]): Promise<void> {
  await withAdmin(kafka, async (admin) => {
    const existing = new Set(await admin.listTopics());
    const missing = specs.filter((spec) => !existing.has(spec.topic));
    if (missing.length > 0) {
      await admin.createTopics({
        waitForLeaders: true,
        topics: missing.map(({ topic, partitions, compacted }) => ({
          topic,
          numPartitions: partitions,
          replicationFactor: 1,
          configEntries: compacted ? [{ name: 'cleanup.policy', value: 'compact' }] : [],
        })),
      });
    }
    const { topics } = await admin.fetchTopicMetadata({ topics: specs.map((spec) => spec.topic) });
    for (const { name, partitions } of topics) {
      const wanted = specs.find((spec) => spec.topic === name)?.partitions;
      if (wanted === partitions.length) continue;
      throw new DemoError(`topic ${name} has ${partitions.length} partitions instead of ${wanted}`, {
        fix: 'start with an empty data folder: --data DIR',
      });
    }
  });
}
