import type { KpiDeltas } from '../core/trace/foldObservations.ts';
import type { SpanRow } from '../core/trace/span.ts';

/** What a batch adds to one service's row of `span_source`. */
export interface SpanSourceDelta {
  readonly service: string;
  readonly received: bigint;
  readonly duplicates: bigint;
  readonly rejected: bigint;
  /** Small sample, kept from the first span of the service only. */
  readonly firstSpan: Readonly<Record<string, unknown>>;
}

/** What a batch adds beside its spans; each list sorted by key. */
export interface SpanFacts extends KpiDeltas {
  readonly sources: readonly SpanSourceDelta[];
}

export interface SpanStore {
  /**
   * Stores spans and what they count in one transaction.
   * @param spans no two with the same ids, in order of (trace id, span id).
   * @param factsOf is told which spans were not yet there, and says what to add for them.
   * @throws BanyanError `unavailable` if the outcome is unknown or nothing was stored; `bad_input` if a row can't be stored.
   */
  write(
    spans: readonly SpanRow[],
    receivedMs: number,
    factsOf: (isNew: readonly boolean[]) => SpanFacts,
  ): Promise<readonly boolean[]>;

  /** Makes the partitions of the kept and the coming days, and drops those that are older. */
  keepPartitions(options: { readonly nowMs: number; readonly retentionDays: number }): Promise<void>;
}
