import { describe, expect, it } from 'vitest';
import { AttributeCollector, MAX_ATTRIBUTES, Warnings } from './attributeValue.ts';
import type { DecodedSpan } from './span.ts';
import { QUARANTINE_DAY, validateSpan } from './validateSpan.ts';

const RECEIVED_MS = Date.UTC(2026, 10, 21, 12);
const window = { receivedMs: RECEIVED_MS, retentionDays: 7 };
const ns = (ms: number): bigint => BigInt(ms) * 1_000_000n;

function span(change: Partial<DecodedSpan> = {}): DecodedSpan {
  const warnings = new Warnings();
  return {
    service: 'facade',
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    parentSpanId: '',
    name: 'GET',
    kind: 2,
    startNs: ns(RECEIVED_MS - 1_000),
    endNs: ns(RECEIVED_MS - 900),
    statusCode: 0,
    statusMessage: '',
    attributes: new AttributeCollector(warnings),
    events: [],
    links: [],
    warnings,
    ...change,
  };
}

function accepted(change: Partial<DecodedSpan>) {
  const outcome = validateSpan(span(change), window);
  if (outcome.kind !== 'accepted') throw new Error(outcome.reason);
  return outcome.span;
}

describe('a span is refused alone', () => {
  it.each([
    ['a trace id that is absent', { traceId: '' }, 'trace_id_invalid'],
    ['a trace id of 8 bytes', { traceId: 'b7ad6b7169203331' }, 'trace_id_invalid'],
    ['a trace id of 17 bytes', { traceId: `${'a'.repeat(34)}` }, 'trace_id_invalid'],
    ['a trace id of zeros', { traceId: '0'.repeat(32) }, 'trace_id_invalid'],
    ['a trace id that is no hex', { traceId: 'g'.repeat(32) }, 'trace_id_invalid'],
    ['a span id that is absent', { spanId: '' }, 'span_id_invalid'],
    ['a span id of zeros', { spanId: '0'.repeat(16) }, 'span_id_invalid'],
    ['a start past 2262', { startNs: 2n ** 63n }, 'time_unrepresentable'],
    ['an end of the year 9999', { endNs: 253_402_300_799_000_000_000n }, 'time_unrepresentable'],
    ['a negative start', { startNs: -1n }, 'time_unrepresentable'],
  ] as const)('%s', (_, change, reason) => {
    expect(validateSpan(span(change), window)).toEqual({ kind: 'rejected', service: 'facade', reason });
  });
});

describe('a span is kept with a warning', () => {
  it.each([
    ['start 1970', { startNs: 0n, endNs: ns(RECEIVED_MS) }, ['time_out_of_range'], QUARANTINE_DAY],
    [
      'start two days ahead',
      { startNs: ns(RECEIVED_MS + 2 * 86_400_000) },
      ['time_out_of_range', 'end_before_start'],
      QUARANTINE_DAY,
    ],
    [
      'start older than the kept days',
      { startNs: ns(RECEIVED_MS - 8 * 86_400_000) },
      ['time_out_of_range'],
      QUARANTINE_DAY,
    ],
    ['end a minute ahead of us', { endNs: ns(RECEIVED_MS + 60_000) }, ['clock_skew'], '2026-11-21'],
    ['end before start', { endNs: ns(RECEIVED_MS - 2_000) }, ['end_before_start'], '2026-11-21'],
    ['parent id of 3 bytes', { parentSpanId: 'abcdef' }, ['parent_id_invalid'], '2026-11-21'],
    ['NUL in its name', { name: 'a\0b' }, ['invalid_text'], '2026-11-21'],
    ['a lone surrogate in its name', { name: 'a\ud800b' }, ['invalid_text'], '2026-11-21'],
    ['a service name of 10,000 letters', { service: 'x'.repeat(10_000) }, ['value_truncated'], '2026-11-21'],
  ] as const)('%s', (_, change, warnings, day) => {
    const row = accepted(change);
    expect(row.warnings).toEqual(warnings);
    expect(row.day).toBe(day);
  });

  it('has no negative duration', () => {
    expect(accepted({ endNs: ns(RECEIVED_MS - 2_000) }).durationNs).toBe(0n);
  });

  it('has text that PostgreSQL takes', () => {
    const row = accepted({ name: 'a\0b\ud800', service: 'ü'.repeat(300), statusMessage: 'x\0' });
    expect(row.name).toBe('a\u2400b\ufffd');
    expect(row.service).toHaveLength(255);
    expect(row.statusMessage).toBe('x\u2400');
  });
});

describe('a sound span', () => {
  it('carries no warning', () => {
    const row = accepted({ parentSpanId: '00f067aa0ba902b7' });
    expect(row.warnings).toEqual([]);
    expect(row).toMatchObject({ day: '2026-11-21', durationNs: 100_000_000n, parentSpanId: '00f067aa0ba902b7' });
  });

  it('has no parent when the parent id is all zero', () => {
    expect(accepted({ parentSpanId: '0'.repeat(16) })).toMatchObject({ parentSpanId: null, warnings: [] });
  });
});

describe('attributes', () => {
  it('keeps the first 128 and counts the rest', () => {
    const warnings = new Warnings();
    const attributes = new AttributeCollector(warnings);
    for (let i = 0; i < 1_000; i += 1) attributes.add(`k${i}`, i);
    expect(Object.keys(attributes.values)).toHaveLength(MAX_ATTRIBUTES);
    expect(attributes.dropped).toBe(1_000 - MAX_ATTRIBUTES);
    expect(warnings.list).toEqual(['attributes_dropped']);
  });

  it('treats __proto__ as a name like any other', () => {
    const attributes = new AttributeCollector(new Warnings());
    attributes.add('__proto__', 'x');
    expect(JSON.stringify(attributes.values)).toBe('{"__proto__":"x"}');
  });

  it.each([
    ['http.method', 'GET', { 'http.request.method': 'GET' }],
    ['http.status_code', 200, { 'http.response.status_code': 200 }],
    ['http.target', '/a/b?c=d', { 'url.path': '/a/b' }],
    ['messaging.kafka.message.offset', 7, { 'messaging.kafka.offset': 7 }],
    ['messaging.kafka.destination.partition', 3, { 'messaging.destination.partition.id': '3' }],
    ['messaging.kafka.consumer.group', 'g', { 'messaging.consumer.group.name': 'g' }],
    ['messaging.operation', 'process', { 'messaging.operation.type': 'process' }],
  ])('%s gets its present name', (name, value, expected) => {
    const attributes = new AttributeCollector(new Warnings());
    attributes.add(name, value);
    expect({ ...accepted({ attributes }).attributes }).toEqual(expected);
  });

  it('prefers the present name where both are sent', () => {
    const attributes = new AttributeCollector(new Warnings());
    attributes.add('http.method', 'OLD');
    attributes.add('http.request.method', 'NEW');
    expect({ ...accepted({ attributes }).attributes }).toEqual({ 'http.request.method': 'NEW' });
  });
});
