// What follows an attempt to deliver a message: done, another try later, or the end of this endpoint.
// The schedule is that of the Standard Webhooks specification.

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Waits before the second, third, ... attempt; the first is made at once. */
const WAITS_MS: readonly number[] = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];

/** A receiver may ask for a longer wait, but not for ever. */
const MAX_ASKED_MS = 24 * HOUR;

export type SendOutcome =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly retryAfterSec: number | null;
      readonly tookMs: number;
    }
  /** No answer: time-out, refused connection, broken TLS. */
  | { readonly kind: 'unanswered'; readonly reason: string; readonly tookMs: number }
  /** Never sent: the address is private and not allowed, or the secret is unusable. */
  | { readonly kind: 'refused'; readonly reason: string };

export type DeliveryStep =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'retry'; readonly atMs: number; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'disable'; readonly reason: string };

/**
 * What follows the attempt.
 * @param attempts attempts made so far, this one included.
 * @param jitter a random number in [0, 1): spreads retries over up to a tenth of the wait.
 */
export function afterAttempt(attempts: number, outcome: SendOutcome, nowMs: number, jitter: number): DeliveryStep {
  if (outcome.kind === 'refused') return { kind: 'failed', reason: outcome.reason };
  if (outcome.kind === 'answered' && outcome.status >= 200 && outcome.status < 300) return { kind: 'delivered' };
  if (outcome.kind === 'answered' && outcome.status === 410) {
    return { kind: 'disable', reason: 'the receiver answered 410 Gone: it wants no more messages' };
  }
  const reason = outcome.kind === 'unanswered' ? outcome.reason : describeStatus(outcome.status);
  const waitMs = WAITS_MS[attempts - 1];
  if (waitMs === undefined) {
    return { kind: 'disable', reason: `${attempts} attempts over three days failed, the last one: ${reason}` };
  }
  const askedMs = outcome.kind === 'answered' ? Math.min((outcome.retryAfterSec ?? 0) * SECOND, MAX_ASKED_MS) : 0;
  return { kind: 'retry', atMs: nowMs + Math.max(waitMs * (1 + jitter / 10), askedMs), reason };
}

function describeStatus(status: number): string {
  if (status >= 300 && status < 400) return `the receiver answered ${status}: redirects are not followed`;
  if (status === 429) return 'the receiver answered 429: too many messages for it';
  return `the receiver answered ${status}`;
}
