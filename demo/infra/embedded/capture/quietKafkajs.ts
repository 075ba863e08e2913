import { createRequire } from 'node:module';
import { z } from 'zod';

const queueClass = z.custom<{ prototype: { scheduleCheckPendingRequests(this: PendingQueue): void } }>(
  (value) => typeof value === 'function',
);

interface PendingQueue {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
}

/** Stops kafkajs from waking a thousand times a second on a connection that has nothing to send. */
export function quietKafkajs(): void {
  const queue = queueClass.parse(createRequire(import.meta.url)('kafkajs/src/network/requestQueue'));
  const original = queue.prototype.scheduleCheckPendingRequests;
  queue.prototype.scheduleCheckPendingRequests = function scheduleIfNeeded(this: PendingQueue): void {
    if (this.pending.length > 0 || this.throttledUntil > Date.now()) original.call(this);
  };
}
