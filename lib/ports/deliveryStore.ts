import type { SendOutcome } from '../core/alert/deliveryPlan.ts';
import type { OutgoingMessage } from './sender.ts';

export interface DueDelivery {
  readonly message: OutgoingMessage;
  readonly endpointId: string;
  /** Attempts made before this one. */
  readonly attempts: number;
}

export type DeliveryState = 'pending' | 'delivered' | 'failed' | 'disabled';

/** The outbox and its delivery log. */
export interface DeliveryStore {
  /** Makes one delivery for each message not yet routed and each endpoint that wants its type. */
  route(endpoints: readonly { id: string; types: readonly string[] | null }[]): Promise<void>;
  /** Takes up to `limit` due deliveries of one endpoint, oldest first, for the length of a lease. */
  take(endpointId: string, nowMs: number, leaseMs: number, limit: number): Promise<DueDelivery[]>;
  record(
    delivery: DueDelivery,
    outcome: SendOutcome,
    next: { readonly state: DeliveryState; readonly nextTryAtMs: number | null; readonly reason: string | null },
  ): Promise<void>;
  disable(endpointId: string, reason: string): Promise<void>;
}
