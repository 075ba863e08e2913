import type { SendOutcome } from '../core/alert/deliveryPlan.ts';
import type { OutgoingMessage } from './sender.ts';

export interface DueDelivery {
  readonly message: OutgoingMessage;
  readonly endpointId: string;
  /** Attempts made before this one. */
  readonly attempts: number;
}

export type DeliveryState = 'pending' | 'delivered' | 'failed' | 'disabled';

export interface EndpointHealth {
  /** Why nothing is sent to it any more; null while it is in use. */
  readonly disabled: string | null;
  /** Messages that wait for another try, and the newest one if it was given up. */
  readonly failing: number;
  /** What the newest of them met. */
  readonly reason: string | null;
}

/** The outbox and its delivery log. */
export interface DeliveryStore {
  /** Makes one delivery for each message not yet routed and each endpoint that wants its type. */
  route(endpoints: readonly { id: string; types: readonly string[] | null }[]): Promise<void>;
  /** Makes the endpoint known; one that was disabled is enabled again if its configuration is not the one it had. */
  configure(endpointId: string, configDigest: string): Promise<void>;
  /** Takes the oldest due delivery of an endpoint that is not disabled, for the length of a lease. */
  take(endpointId: string, nowMs: number, leaseMs: number): Promise<DueDelivery | null>;
  record(
    delivery: DueDelivery,
    outcome: SendOutcome,
    next: { readonly state: DeliveryState; readonly nextTryAtMs: number | null; readonly reason: string | null },
  ): Promise<void>;
  /** Ends the endpoint and what waits for it. */
  disable(endpointId: string, reason: string): Promise<void>;
  health(endpointId: string): Promise<EndpointHealth>;
}
