import { REJECT_REASONS, type RejectReason } from '../core/trace/span.ts';
import type { RefusalReason, SpanReceipt } from '../ports/spanIngest.ts';

/** A plain object for /metrics: totals since the start of the process, and the state of the queue. */
export interface SpanCounts {
  readonly requestsStored: number;
  readonly requestsRefused: Readonly<Record<RefusalReason, number>>;
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: Readonly<Record<RejectReason, number>>;
  readonly inFlightBytes: number;
  readonly budgetBytes: number;
  readonly queuedSpans: number;
  readonly transactionsRunning: number;
}

type Totals = Pick<SpanCounts, 'requestsStored' | 'requestsRefused' | 'accepted' | 'duplicates' | 'rejected'>;

/** Counts what became of requests and spans. */
export function spanCounter(): {
  received(receipt: SpanReceipt): void;
  refused(reason: RefusalReason): void;
  totals(): Totals;
} {
  const refusals: Record<RefusalReason, number> = {
    overloaded: 0,
    unavailable: 0,
    bad_data: 0,
    too_large: 0,
    unsupported: 0,
    not_found: 0,
    method: 0,
  };
  const rejected: Record<RejectReason, number> = {
    trace_id_invalid: 0,
    span_id_invalid: 0,
    time_unrepresentable: 0,
    not_storable: 0,
  };
  let requestsStored = 0;
  let accepted = 0;
  let duplicates = 0;
  return {
    received(receipt) {
      requestsStored += 1;
      accepted += receipt.accepted;
      duplicates += receipt.duplicates;
      for (const reason of REJECT_REASONS) rejected[reason] += receipt.rejected.get(reason) ?? 0;
    },
    refused(reason) {
      refusals[reason] += 1;
    },
    totals: () => ({
      requestsStored,
      requestsRefused: { ...refusals },
      accepted,
      duplicates,
      rejected: { ...rejected },
    }),
  };
}
