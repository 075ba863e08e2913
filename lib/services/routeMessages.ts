import type { DeliveryStore } from '../ports/deliveryStore.ts';
import type { Sender } from '../ports/sender.ts';

/**
 * Makes the deliveries of new messages. Endpoints are configured first, so that one that is enabled again misses none
 * of the messages that wait.
 */
export async function routeMessages(store: DeliveryStore, senders: readonly Sender[]): Promise<void> {
  for (const sender of senders) await store.configure(sender.endpointId, sender.configDigest);
  await store.route(senders.map((sender) => ({ id: sender.endpointId, types: sender.types })));
}
