import type { SendOutcome } from '../core/alert/deliveryPlan.ts';

/** A message as it leaves: the id is the same over all retries, so that a receiver can drop repeats. */
export interface OutgoingMessage {
  readonly id: string;
  readonly type: string;
  /** RFC 3339. */
  readonly timestamp: string;
  readonly data: unknown;
}

/** One receiver of messages. Never throws: what went wrong is an outcome. */
export interface Sender {
  readonly endpointId: string;
  /** Message types it wants; null is all. */
  readonly types: readonly string[] | null;
  /** Of what its messages depend on, secrets left out: another digest is another receiver. */
  readonly configDigest: string;
  /** The signal cuts the send off. */
  send(message: OutgoingMessage, signal: AbortSignal): Promise<SendOutcome>;
}
