// Spans on their way into the store. Small requests are gathered into one transaction, and a request is answered after
// its transaction has committed. A span is stored, and counted, once by its ids, however often it is sent.
import { foldObservations } from '../core/trace/foldObservations.ts';
import { type ObservedContext, observationsOf } from '../core/trace/observationsOf.ts';
import type { DecodedSpan, RejectReason, SpanRow } from '../core/trace/span.ts';
import { validateSpan } from '../core/trace/validateSpan.ts';
import { BanyanError } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { SpanIngest, SpanReceipt } from '../ports/spanIngest.ts';
import type { SpanFacts, SpanStore } from '../ports/spanStore.ts';
import type { StatusBoard } from '../ports/statusBoard.ts';
import type { Timer } from '../ports/timer.ts';
import type { ByteBudget } from './byteBudget.ts';
import { type RefusedSpan, SourceTally } from './sourceTally.ts';
import { type SpanCounts, spanCounter } from './spanCounter.ts';
import { SpanGatherer, type WaitingRequest } from './spanGatherer.ts';
import { SpanStoreHealth } from './spanStoreHealth.ts';

export interface SpanIngestLimits {
  /** Longest wait for further requests before a transaction starts. */
  readonly gatherMs: number;
  /** A transaction starts at once when this many spans wait. */
  readonly gatherSpans: number;
  /** Transactions at the same time. */
  readonly maxTransactions: number;
  /** Spans that started earlier are kept, but not counted: their day's partition is gone. */
  readonly retentionDays: number;
}

export const DEFAULT_SPAN_INGEST_LIMITS: SpanIngestLimits = {
  gatherMs: 40,
  gatherSpans: 2_000,
  maxTransactions: 2,
  retentionDays: 7,
};

export interface IngestSpansOptions {
  readonly store: SpanStore;
  readonly contexts: readonly ObservedContext[];
  readonly budget: ByteBudget;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly logger: Logger;
  readonly status: StatusBoard;
  readonly limits?: Partial<SpanIngestLimits>;
}

export interface IngestSpans extends SpanIngest {
  /** Everything counted since the start and what is in flight, for /metrics. */
  counts(): SpanCounts;
  /** Resolves when nothing waits or is being written any more. */
  drain(): Promise<void>;
}

/** Builds the use case; one per process, shared by its receivers. */
export function ingestSpans(options: IngestSpansOptions): IngestSpans {
  const { store, contexts, budget, clock, timer } = options;
  const limits = { ...DEFAULT_SPAN_INGEST_LIMITS, ...options.limits };
  const counter = spanCounter();
  const health = new SpanStoreHealth(options);
  const sources = new SourceTally();

  /** One transaction; a row that the store refuses is found by halving, so that it costs nobody else's spans. */
  const writeRows = async (
    rows: readonly SpanRow[],
    refused: readonly RefusedSpan[],
    repeated: readonly SpanRow[],
    notStorable: Set<SpanRow>,
    fresh: Set<SpanRow>,
  ): Promise<void> => {
    const factsOf = (isNew: readonly boolean[]): SpanFacts => ({
      ...foldObservations(rows.flatMap((row, i) => (isNew[i] ? observationsOf(row, contexts) : []))),
      sources: sources.deltas(rows, isNew, refused, repeated),
    });
    try {
      const isNew = await store.write(rows, clock.nowMs(), factsOf);
      for (const [i, row] of rows.entries()) if (isNew[i]) fresh.add(row);
    } catch (error) {
      const [first, second] = rows;
      if (!(error instanceof BanyanError) || error.code !== 'bad_input' || first === undefined) throw error;
      if (second === undefined) {
        notStorable.add(first);
        options.logger.warn({ traceId: first.traceId, spanId: first.spanId, error: error.message }, 'span refused');
        await writeRows(
          [],
          [...refused, { service: first.service, reason: 'not_storable' }],
          repeated,
          notStorable,
          fresh,
        );
        return;
      }
      const half = Math.ceil(rows.length / 2);
      await writeRows(rows.slice(0, half), refused, repeated, notStorable, fresh);
      await writeRows(rows.slice(half), [], [], notStorable, fresh);
    }
  };

  const settle = async (requests: readonly WaitingRequest[]): Promise<void> => {
    const { rows, repeated } = uniqueInOrder(requests);
    const notStorable = new Set<SpanRow>();
    const fresh = new Set<SpanRow>();
    const startedMs = clock.nowMs();
    try {
      await writeRows(
        rows,
        requests.flatMap((request) => request.refused),
        repeated,
        notStorable,
        fresh,
      );
    } catch (error) {
      health.failed(error);
      for (const request of requests) request.fail(error);
      return;
    }
    health.wrote(rows, clock.nowMs() - startedMs);
    for (const request of requests) {
      const receipt = receiptOf(request, fresh, notStorable);
      counter.received(receipt);
      request.done(receipt);
    }
  };

  const gatherer = new SpanGatherer({ limits, timer, settle });

  return {
    reserve: (bytes) => budget.reserve(bytes),
    retryAfterSec: () => health.retryAfterSec(gatherer.waitingSpans),
    countRefusal: counter.refused,
    counts: () => ({
      ...counter.totals(),
      inFlightBytes: budget.usedBytes,
      budgetBytes: budget.totalBytes,
      queuedSpans: gatherer.waitingSpans,
      transactionsRunning: gatherer.running,
    }),
    drain: () => gatherer.drain(),
    ingest(spans) {
      if (spans.length === 0) return Promise.resolve({ accepted: 0, duplicates: 0, rejected: new Map() });
      const window = { receivedMs: clock.nowMs(), retentionDays: limits.retentionDays };
      return gatherer.add(judge(spans, window));
    },
  };
}

function judge(
  spans: readonly DecodedSpan[],
  window: { receivedMs: number; retentionDays: number },
): Pick<WaitingRequest, 'rows' | 'refused'> {
  const rows: SpanRow[] = [];
  const refused: RefusedSpan[] = [];
  for (const span of spans) {
    const outcome = validateSpan(span, window);
    if (outcome.kind === 'accepted') rows.push(outcome.span);
    else refused.push({ service: outcome.service, reason: outcome.reason });
  }
  return { rows, refused };
}

/** Rows of one transaction in the order of their ids, so that two transactions never wait for each other in a ring. */
function uniqueInOrder(requests: readonly WaitingRequest[]): { rows: SpanRow[]; repeated: SpanRow[] } {
  const byId = new Map<string, SpanRow>();
  const repeated: SpanRow[] = [];
  for (const request of requests) {
    for (const row of request.rows) {
      const id = row.traceId + row.spanId;
      if (byId.has(id)) repeated.push(row);
      else byId.set(id, row);
    }
  }
  const rows: SpanRow[] = [];
  for (const id of [...byId.keys()].sort()) {
    const row = byId.get(id);
    if (row !== undefined) rows.push(row);
  }
  return { rows, repeated };
}

function receiptOf(
  request: WaitingRequest,
  fresh: ReadonlySet<SpanRow>,
  notStorable: ReadonlySet<SpanRow>,
): SpanReceipt {
  const rejected = new Map<RejectReason, number>();
  const reject = (reason: RejectReason): void => void rejected.set(reason, (rejected.get(reason) ?? 0) + 1);
  for (const { reason } of request.refused) reject(reason);
  let accepted = 0;
  let duplicates = 0;
  for (const row of request.rows) {
    if (fresh.has(row)) accepted += 1;
    else if (notStorable.has(row)) reject('not_storable');
    else duplicates += 1;
  }
  return { accepted, duplicates, rejected };
}
