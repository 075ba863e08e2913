// A span on its way in. `DecodedSpan` is what a wire format said; `SpanRow` is what the store keeps.
// An identity is (trace id, span id): a span is stored and counted once by it, however often it is sent.
import type { AttributeCollector, AttributeValue, SpanWarning, Warnings } from './attributeValue.ts';

/** One span as it was decoded, its text and numbers clean, its ids and times not yet judged. */
export interface DecodedSpan {
  readonly service: string;
  /** Hex, any length; '' when absent. */
  traceId: string;
  spanId: string;
  parentSpanId: string;
  name: string;
  kind: number;
  startNs: bigint;
  endNs: bigint;
  statusCode: number;
  statusMessage: string;
  readonly attributes: AttributeCollector;
  readonly events: SpanEvent[];
  readonly links: SpanLink[];
  readonly warnings: Warnings;
}

export interface SpanEvent {
  /** Nanoseconds since 1970 as digits. */
  readonly timeNs: string;
  readonly name: string;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

export interface SpanLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

export const SPAN_KIND_SERVER = 2;
export const SPAN_STATUS_ERROR = 2;

/** One row of the store's table `span`. */
export interface SpanRow {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
  /** UTC day of the start as YYYY-MM-DD, or QUARANTINE_DAY. */
  readonly day: string;
  readonly parentSpanId: string | null;
  readonly service: string;
  readonly name: string;
  readonly kind: number;
  readonly startNs: bigint;
  readonly durationNs: bigint;
  readonly statusCode: number;
  readonly statusMessage: string | null;
  /** `banyan.route` of a facade's span. */
  readonly route: string | null;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly events: readonly SpanEvent[];
  readonly links: readonly SpanLink[];
  readonly warnings: readonly SpanWarning[];
  readonly receivedMs: number;
}

export const REJECT_REASONS = ['trace_id_invalid', 'span_id_invalid', 'time_unrepresentable', 'not_storable'] as const;
export type RejectReason = (typeof REJECT_REASONS)[number];

/** What each reason means, for `partial_success.error_message`. */
export const REJECT_REASON_TEXT: Readonly<Record<RejectReason, string>> = {
  trace_id_invalid: 'the trace id is not 16 bytes or is all zero',
  span_id_invalid: 'the span id is not 8 bytes or is all zero',
  time_unrepresentable: 'a time is past the year 2262',
  not_storable: 'the store refused the row',
};

export type SpanOutcome =
  | { readonly kind: 'accepted'; readonly span: SpanRow }
  | { readonly kind: 'rejected'; readonly service: string; readonly reason: RejectReason };
