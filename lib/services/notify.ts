import { afterAttempt, type DeliveryStep } from '../core/alert/deliveryPlan.ts';
import type { Clock } from '../ports/clock.ts';
import type { DeliveryState, DeliveryStore, DueDelivery } from '../ports/deliveryStore.ts';
import type { Logger } from '../ports/logger.ts';
import type { Sender } from '../ports/sender.ts';
import type { StatusBoard } from '../ports/statusBoard.ts';

/** Twice the longest send, so that a message under way is never taken by another worker. */
const LEASE_MS = 30_000;

export interface NotifyDeps {
  readonly store: DeliveryStore;
  readonly clock: Clock;
  /** A random number in [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
  readonly status: StatusBoard;
}

/**
 * Sends what is due to one endpoint, one message at a time, until nothing is due or the signal aborts. Each endpoint
 * runs in a loop of its own, so that a slow receiver holds up nobody else. Every attempt is recorded; a message leaves
 * at least once and carries the same id each time.
 */
export async function notify(deps: NotifyDeps, sender: Sender, signal: AbortSignal): Promise<void> {
  const { store, clock } = deps;
  await report(deps, sender);
  while (!signal.aborted) {
    const due = await store.take(sender.endpointId, clock.nowMs(), LEASE_MS);
    if (due === null) return;
    await attempt(deps, sender, due, signal);
    await report(deps, sender);
  }
}

async function attempt(deps: NotifyDeps, sender: Sender, delivery: DueDelivery, signal: AbortSignal): Promise<void> {
  const { store, clock, logger } = deps;
  const outcome = await sender.send(delivery.message, signal);
  // Cut off by the stop of this worker, which says nothing about the receiver: sent again when the lease is over.
  if (signal.aborted && outcome.kind === 'unanswered') return;
  const step = afterAttempt(delivery.attempts + 1, outcome, clock.nowMs(), deps.random());
  await store.record(delivery, outcome, {
    state: stateAfter(step),
    nextTryAtMs: step.kind === 'retry' ? step.atMs : null,
    reason: step.kind === 'delivered' ? null : step.reason,
  });
  if (step.kind === 'delivered') return;
  logger.warn({ endpoint: sender.endpointId, message: delivery.message.id, reason: step.reason }, 'not delivered');
  if (step.kind === 'disable') await store.disable(sender.endpointId, step.reason);
}

/** Reported from the store, so that a new worker knows what the one before it met. */
async function report({ store, status }: NotifyDeps, { endpointId }: Sender): Promise<void> {
  const part = `webhook:${endpointId}`;
  const { disabled, failing, reason } = await store.health(endpointId);
  if (disabled !== null) {
    status.report({
      part,
      state: 'down',
      detail: `disabled, nothing is sent to it: ${disabled}`,
      fix: `mend the receiver, then change the url of ${endpointId} (a query parameter will do) and restart the worker`,
    });
  } else if (failing > 0) {
    status.report({
      part,
      state: 'degraded',
      detail: `${failing} ${failing === 1 ? 'message was' : 'messages were'} not delivered: ${reason ?? 'no reason is known'}`,
      fix: 'see to the receiver; the delivery log names each attempt',
    });
  } else {
    status.report({ part, state: 'ok', detail: 'every message that was due is delivered' });
  }
}

function stateAfter(step: DeliveryStep): DeliveryState {
  switch (step.kind) {
    case 'delivered':
      return 'delivered';
    case 'retry':
      return 'pending';
    case 'failed':
      return 'failed';
    case 'disable':
      return 'disabled';
    default:
      return step satisfies never;
  }
}
