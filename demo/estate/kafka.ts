import { createRequire } from 'node:module';
import { type Consumer, Kafka, logLevel } from 'kafkajs';

interface RequestQueueShape {
  pending: readonly unknown[];
  throttledUntil: number;
  scheduleCheckPendingRequests(): void;
}

/** kafkajs re-arms a 1 ms timer for ever on each idle connection; one with nothing to send needs no timer. */
function calmIdleConnections(): void {
  const load = createRequire(import.meta.url);
  const RequestQueue: { prototype: RequestQueueShape } = load('kafkajs/src/network/requestQueue');
  const schedule = RequestQueue.prototype.scheduleCheckPendingRequests;
  RequestQueue.prototype.scheduleCheckPendingRequests = function (this: RequestQueueShape) {
    if (this.pending.length === 0 && this.throttledUntil <= Date.now()) return;
    schedule.call(this);
  };
}
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
