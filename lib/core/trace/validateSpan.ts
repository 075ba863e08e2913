// Ids of another length or all zero reject that span alone. Times that can't be right are kept with a warning, in a
// quarantine of their own, and stay out of latency: a wrong clock must not move a verdict.
import { cleanText, Warnings } from './attributeValue.ts';
import { modernAttributes } from './modernAttributes.ts';
import type { DecodedSpan, SpanOutcome } from './span.ts';

/** The partition key of spans whose start lies outside the kept days. */
export const QUARANTINE_DAY = '1970-01-01';
const DAY_NS = 86_400_000_000_000n;
const DAY_MS = 86_400_000;
const MAX_INT64 = 2n ** 63n - 1n;
/** How far a sender's clock may run ahead of ours. */
export const MAX_CLOCK_SKEW_MS = 10_000;
// Both are indexed or listed whole; a btree entry ends at 2,700 bytes.
const MAX_SERVICE_LENGTH = 255;
const MAX_NAME_LENGTH = 1_024;
const MAX_STATUS_LENGTH = 4_096;

export interface SpanWindow {
  readonly receivedMs: number;
  /** Spans that started earlier than this many days ago are quarantined. */
  readonly retentionDays: number;
}

function isId(hex: string, length: number): boolean {
  if (hex.length !== length) return false;
  let isZero = true;
  for (let i = 0; i < length; i += 1) {
    const code = hex.charCodeAt(i);
    if (code !== 48) isZero = false;
    if (!((code >= 48 && code <= 57) || (code >= 97 && code <= 102))) return false;
  }
  return !isZero;
}

/** Day of an instant, cached for the newest day seen. */
const dayText = (() => {
  let cachedDay = -1;
  let cachedText = '';
  return (day: number): string => {
    if (day !== cachedDay) {
      cachedText = new Date(day * DAY_MS).toISOString().slice(0, 10);
      cachedDay = day;
    }
    return cachedText;
  };
})();

/** Judges one decoded span: the row to store with its warnings, or why it is refused. Ids must be lower-case hex. */
export function validateSpan(span: DecodedSpan, window: SpanWindow): SpanOutcome {
  const rejected = (reason: 'trace_id_invalid' | 'span_id_invalid' | 'time_unrepresentable'): SpanOutcome => ({
    kind: 'rejected',
    service: cleanText(span.service, MAX_SERVICE_LENGTH, new Warnings()),
    reason,
  });
  if (!isId(span.traceId, 32)) return rejected('trace_id_invalid');
  if (!isId(span.spanId, 16)) return rejected('span_id_invalid');
  if (span.startNs > MAX_INT64 || span.endNs > MAX_INT64 || span.startNs < 0n || span.endNs < 0n)
    return rejected('time_unrepresentable');

  const { warnings } = span;
  let parentSpanId: string | null = null;
  if (isId(span.parentSpanId, 16)) parentSpanId = span.parentSpanId;
  else if (span.parentSpanId !== '' && !/^0+$/.test(span.parentSpanId)) warnings.add('parent_id_invalid');

  const startMs = Number(span.startNs / 1_000_000n);
  const isInRange =
    startMs >= window.receivedMs - window.retentionDays * DAY_MS && startMs <= window.receivedMs + DAY_MS;
  if (!isInRange) warnings.add('time_out_of_range');
  else if (Number(span.endNs / 1_000_000n) > window.receivedMs + MAX_CLOCK_SKEW_MS) warnings.add('clock_skew');
  if (span.endNs < span.startNs) warnings.add('end_before_start');
  if (span.name.length > MAX_NAME_LENGTH) warnings.add('name_truncated');

  const attributes = modernAttributes(span.attributes.values);
  const route = attributes['banyan.route'];
  return {
    kind: 'accepted',
    span: {
      traceId: span.traceId,
      spanId: span.spanId,
      day: isInRange ? dayText(Number(span.startNs / DAY_NS)) : QUARANTINE_DAY,
      parentSpanId,
      service: cleanText(span.service, MAX_SERVICE_LENGTH, warnings),
      name: cleanText(span.name, MAX_NAME_LENGTH, warnings),
      kind: span.kind,
      startNs: span.startNs,
      durationNs: span.endNs > span.startNs ? span.endNs - span.startNs : 0n,
      statusCode: span.statusCode,
      statusMessage: span.statusMessage === '' ? null : cleanText(span.statusMessage, MAX_STATUS_LENGTH, warnings),
      route: typeof route === 'string' ? route.slice(0, 64).toWellFormed() : null,
      attributes,
      events: span.events,
      links: span.links,
      warnings: warnings.list,
      receivedMs: window.receivedMs,
    },
  };
}
