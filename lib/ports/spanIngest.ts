import type { DecodedSpan, RejectReason } from '../core/trace/span.ts';

/** Bytes set aside for one request, until its spans are stored or refused. */
export interface ByteReservation {
  /** Takes `bytes` more; false if the budget has none left (what was taken before stays). */
  grow(bytes: number): boolean;
  /** Gives everything back; later calls do nothing. */
  release(): void;
}

export interface SpanReceipt {
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: ReadonlyMap<RejectReason, number>;
}

/** Why a request was refused whole; each has a counter. */
export type RefusalReason =
  | 'overloaded'
  | 'unavailable'
  | 'bad_data'
  | 'too_large'
  | 'unsupported'
  | 'not_found'
  | 'method';

/** What receivers of spans need: room before they read a body, and storage before they answer. */
export interface SpanIngest {
  /** Reserves room for a body before it is read; null when the budget is spent. */
  reserve(bytes: number): ByteReservation | null;
  /**
   * Resolves after COMMIT with what became of each span.
   * @throws BanyanError `unavailable` or `overloaded`: nothing is promised, the sender should try again.
   */
  ingest(spans: readonly DecodedSpan[]): Promise<SpanReceipt>;
  /** Seconds after which a refused sender should try again, from the queue as it is. */
  retryAfterSec(): number;
  countRefusal(reason: RefusalReason): void;
}
