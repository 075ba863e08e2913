import { createRequire } from 'node:module';

interface RequestQueueShape {
  pending: readonly unknown[];
  throttledUntil: number;
  scheduleCheckPendingRequests(): void;
}

let isCalm = false;

/** kafkajs re-arms a 1 ms timer for ever on each idle connection; one with nothing to send needs no timer. */
export function calmIdleConnections(): void {
  if (isCalm) return;
  isCalm = true;
  const load = createRequire(import.meta.url);
  const RequestQueue: { prototype: RequestQueueShape } = load('kafkajs/src/network/requestQueue');
  const schedule = RequestQueue.prototype.scheduleCheckPendingRequests;
  RequestQueue.prototype.scheduleCheckPendingRequests = function (this: RequestQueueShape) {
    if (this.pending.length === 0 && this.throttledUntil <= Date.now()) return;
    schedule.call(this);
  };
}
