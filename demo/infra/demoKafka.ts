import { Kafka, logLevel } from 'kafkajs';
import { calmIdleConnections } from '../calmIdleConnections.ts';

calmIdleConnections();

/** A quiet client of the demo itself, for short work at the broker. */
export function demoKafka(kafka: string, retries = 5): Kafka {
  return new Kafka({ brokers: [kafka], clientId: 'demo', logLevel: logLevel.NOTHING, retry: { retries } });
}

/** Resolves to true if the broker lists its topics, and throws otherwise; never retries by itself. */
export async function brokerAnswers(kafka: string): Promise<true> {
  const admin = demoKafka(kafka, 0).admin();
  try {
    await admin.connect();
    await admin.listTopics();
    return true;
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
