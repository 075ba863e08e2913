import type { RejectReason, SpanRow } from '../core/trace/span.ts';
import type { SpanSourceDelta } from '../ports/spanStore.ts';

export interface RefusedSpan {
  readonly service: string;
  readonly reason: RejectReason;
}

/** Past this many names a sender is making them up; further ones share one line. */
const MAX_SERVICES = 1_000;
const OTHER_SERVICES = '(other services)';

/** Spans received, repeated and refused per service, with a cap on the number of services. */
export class SourceTally {
  readonly #known = new Set<string>();

  /** What one transaction adds to `span_source`, sorted by service. */
  deltas(
    rows: readonly SpanRow[],
    isNew: readonly boolean[],
    refused: readonly RefusedSpan[],
    repeated: readonly SpanRow[],
  ): SpanSourceDelta[] {
    const sums = new Map<
      string,
      { received: number; duplicates: number; rejected: number; first: SpanRow | undefined }
    >();
    const sumOf = (service: string, span?: SpanRow) => {
      const name = this.#nameOf(service);
      let sum = sums.get(name);
      if (sum === undefined) {
        sum = { received: 0, duplicates: 0, rejected: 0, first: span };
        sums.set(name, sum);
      }
      sum.first ??= span;
      sum.received += 1;
      return sum;
    };
    for (const [i, row] of rows.entries()) {
      const sum = sumOf(row.service, row);
      if (!isNew[i]) sum.duplicates += 1;
    }
    for (const row of repeated) sumOf(row.service, row).duplicates += 1;
    for (const { service } of refused) sumOf(service).rejected += 1;
    return [...sums]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([service, sum]) => ({
        service,
        received: BigInt(sum.received),
        duplicates: BigInt(sum.duplicates),
        rejected: BigInt(sum.rejected),
        firstSpan: sum.first === undefined ? {} : sampleOf(sum.first),
      }));
  }

  #nameOf(service: string): string {
    if (this.#known.has(service)) return service;
    if (this.#known.size >= MAX_SERVICES) return OTHER_SERVICES;
    this.#known.add(service);
    return service;
  }
}

/** A span small enough to show. */
export function sampleOf(span: SpanRow): Readonly<Record<string, unknown>> {
  const { traceId, spanId, service, name, kind, route, receivedMs } = span;
  const durationUs = Number(span.durationNs / 1_000n);
  return { traceId, spanId, service, name, kind, route, durationUs, receivedAt: new Date(receivedMs).toISOString() };
}
