import { afterAttempt, type DeliveryStep } from '../core/alert/deliveryPlan.ts';
import type { Clock } from '../ports/clock.ts';
import type { DeliveryState, DeliveryStore, DueDelivery } from '../ports/deliveryStore.ts';
import type { Logger } from '../ports/logger.ts';
import type { Sender } from '../ports/sender.ts';
import type { StatusBoard } from '../ports/statusBoard.ts';

const LEASE_MS = 30_000;
const BATCH = 20;

export interface NotifyDeps {
  readonly store: DeliveryStore;
  readonly senders: readonly Sender[];
  readonly clock: Clock;
  /** A random number in [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
  readonly status: StatusBoard;
}

/**
 * Sends what is due in the outbox, each endpoint in a lane of its own, so that a slow receiver holds up nobody else.
 * Every attempt is recorded; a message leaves at least once and carries the same id each time.
 */
export async function notify(deps: NotifyDeps): Promise<void> {
  await deps.store.route(deps.senders.map((sender) => ({ id: sender.endpointId, types: sender.types })));
  await Promise.all(deps.senders.map((sender) => runLane(deps, sender)));
}

async function runLane(deps: NotifyDeps, sender: Sender): Promise<void> {
  const due = await deps.store.take(sender.endpointId, deps.clock.nowMs(), LEASE_MS, BATCH);
  for (const delivery of due) {
    const step = await attempt(deps, sender, delivery);
    if (step.kind === 'disable') return;
  }
}

async function attempt(deps: NotifyDeps, sender: Sender, delivery: DueDelivery): Promise<DeliveryStep> {
  const { store, clock, logger, status } = deps;
  const outcome = await sender.send(delivery.message);
  const step = afterAttempt(delivery.attempts + 1, outcome, clock.nowMs(), deps.random());
  const part = `webhook:${sender.endpointId}`;
  await store.record(delivery, outcome, {
    state: stateAfter(step),
    nextTryAtMs: step.kind === 'retry' ? step.atMs : null,
    reason: step.kind === 'delivered' ? null : step.reason,
  });
  if (step.kind === 'delivered') {
    status.report({ part, state: 'ok', detail: `delivered ${delivery.message.type}` });
    return step;
  }
  logger.warn({ endpoint: sender.endpointId, message: delivery.message.id, reason: step.reason }, 'not delivered');
  if (step.kind === 'disable') await store.disable(sender.endpointId, step.reason);
  status.report({
    part,
    state: step.kind === 'disable' ? 'down' : 'degraded',
    detail: `${delivery.message.type} was not delivered: ${step.reason}`,
    fix: 'see to the receiver; the delivery log names each attempt',
  });
  return step;
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
