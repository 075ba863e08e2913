import { type Consumer, Kafka, logLevel } from 'kafkajs';
import { calmIdleConnections } from '../calmIdleConnections.ts';

calmIdleConnections();

/** The estate's Kafka client. It keeps trying: a broker that is away comes back. */
export function kafkaClient(clientId: string, brokers: string): Kafka {
  return new Kafka({
    clientId,
    brokers: brokers.split(','),
    logLevel: logLevel.ERROR,
    retry: { initialRetryTime: 200, maxRetryTime: 3_000, retries: 1_000_000 },
  });
}

/** A consumer that starts at the beginning, sees new records within milliseconds and rejoins soon after a crash. */
export function consumerOf(kafka: Kafka, groupId: string): Consumer {
  return kafka.consumer({
    groupId,
    sessionTimeout: 10_000,
    heartbeatInterval: 2_000,
    maxWaitTimeInMs: 200,
    allowAutoTopicCreation: false,
  });
}

/** Waits until all the topics exist: subscribing to one that does not fails at once. */
export async function untilTopicsExist(kafka: Kafka, topics: readonly string[]): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    for (;;) {
      const existing = new Set(await admin.listTopics());
      if (topics.every((topic) => existing.has(topic))) return;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  } finally {
    await admin.disconnect();
  }
}
