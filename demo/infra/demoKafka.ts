import { createRequire } from 'node:module';
import { Kafka, logLevel } from 'kafkajs';

interface RequestQueueShape {
  pending: readonly unknown[];
  throttledUntil: number;
  scheduleCheckPendingRequests(): void;
}

/** kafkajs re-arms a 1 ms timer for ever on each idle connection; one with nothing to send needs no timer. */
function calmIdleConnections(): void {
  const load = createRequire(import.meta.url);
  const RequestQueue = load('kafkajs/src/network/requestQueue') as { prototype: RequestQueueShape };
  const schedule = RequestQueue.prototype.scheduleCheckPendingRequests;
  RequestQueue.prototype.scheduleCheckPendingRequests = function (this: RequestQueueShape) {
    if (this.pending.length === 0 && this.throttledUntil <= Date.now()) return;
    schedule.call(this);
  };
}
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
