import { describe, expect, it } from 'vitest';
import { type ObservedContext, observationsOf } from './observationsOf.ts';
import type { SpanRow } from './span.ts';

const RECEIVED_MS = Date.UTC(2026, 10, 21, 12);
const CONTEXT: ObservedContext = {
  id: 'inventory',
  facade: 'facade',
  routes: [
    { id: 'get-inventory', method: 'GET', template: '/api/inventory/{}', latencyLimitUs: 50_000n },
    { id: 'adjust', method: 'POST', template: '/api/inventory/adjust', latencyLimitUs: 200_000n },
  ],
};

function row(attributes: SpanRow['attributes'] = {}, change: Partial<SpanRow> = {}): SpanRow {
  return {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    day: '2026-11-21',
    parentSpanId: null,
    service: 'facade',
    name: 'GET',
    kind: 2,
    startNs: BigInt(RECEIVED_MS - 1_000) * 1_000_000n,
    durationNs: 10_000_000n,
    statusCode: 0,
    statusMessage: null,
    route: 'service',
    attributes: {
      'banyan.context': 'inventory',
      'banyan.route_id': 'get-inventory',
      'http.response.status_code': 200,
      ...attributes,
    },
    events: [],
    links: [],
    warnings: [],
    receivedMs: RECEIVED_MS,
    ...change,
  };
}

const judged = (span: SpanRow): string[] => observationsOf(span, [CONTEXT]).map((o) => `${o.indicator} ${o.judged}`);

describe('which spans count', () => {
  it.each<[string, SpanRow, number]>([
    ['a facade SERVER span with its route', row(), 2],
    [
      'one found by method and http.route',
      row({ 'banyan.route_id': null, 'http.request.method': 'post', 'http.route': '/api/inventory/adjust' }),
      2,
    ],
    [
      'one whose framework writes :itemId',
      row({ 'banyan.route_id': null, 'http.request.method': 'GET', 'http.route': '/api/inventory/:itemId/' }),
      2,
    ],
    ['a CLIENT span', row({}, { kind: 3 }), 0],
    ['another service', row({}, { service: 'monolith' }), 0],
    ['no banyan.route', row({}, { route: null }), 0],
    ['a banyan.route of another word', row({}, { route: 'canary' }), 0],
    ['another context', row({ 'banyan.context': 'billing' }), 0],
    [
      'a route that is not mapped',
      row({ 'banyan.route_id': 'x', 'http.request.method': 'GET', 'http.route': '/x' }),
      0,
    ],
    ['a time that can not be right', row({}, { warnings: ['time_out_of_range'] }), 0],
  ])('%s', (_, span, count) => {
    expect(observationsOf(span, [CONTEXT])).toHaveLength(count);
  });
});

describe('how they are judged', () => {
  it.each<[string, SpanRow, string[]]>([
    ['1 ns below the limit', row({}, { durationNs: 49_999_999n }), ['latency good', 'error_rate good']],
    ['at the limit', row({}, { durationNs: 50_000_000n }), ['latency bad', 'error_rate good']],
    ['404', row({ 'http.response.status_code': 404 }), ['latency good', 'error_rate good']],
    ['500', row({ 'http.response.status_code': 500 }), ['latency good', 'error_rate bad']],
    ['503 as text', row({ 'http.response.status_code': '503' }), ['latency good', 'error_rate bad']],
    ['the caller gave up (499)', row({ 'http.response.status_code': 499 }), ['latency bad', 'error_rate bad']],
    [
      'a time-out',
      row({ 'http.response.status_code': null, 'error.type': 'TimeoutError' }),
      ['latency bad', 'error_rate bad'],
    ],
    [
      'an abort',
      row({ 'http.response.status_code': null, 'error.type': 'AbortError' }),
      ['latency bad', 'error_rate bad'],
    ],
    [
      'no answer and status ERROR',
      row({ 'http.response.status_code': null }, { statusCode: 2 }),
      ['latency bad', 'error_rate bad'],
    ],
    ['no status at all', row({ 'http.response.status_code': null }), ['latency good', 'error_rate unknown']],
    ['a skewed clock', row({}, { warnings: ['clock_skew'] }), ['latency unknown', 'error_rate good']],
    [
      'a skewed clock and 500',
      row({ 'http.response.status_code': 500 }, { warnings: ['clock_skew'] }),
      ['latency unknown', 'error_rate bad'],
    ],
  ])('%s', (_, span, expected) => {
    expect(judged(span)).toEqual(expected);
  });

  it('counts a request in the cohort that served it, under the limit it was judged by', () => {
    const [latency, errorRate] = observationsOf(row({}, { route: 'legacy' }), [CONTEXT]);
    expect(latency).toMatchObject({ series: 'get-inventory', cohort: 'legacy', limitUs: 50_000n, valueUs: 10_000n });
    expect(errorRate).toMatchObject({ series: 'get-inventory', cohort: 'legacy', limitUs: 0n, valueUs: null });
  });

  it('never counts a request later than it was received', () => {
    const startNs = BigInt(RECEIVED_MS + 5_000) * 1_000_000n;
    expect(observationsOf(row({}, { startNs }), [CONTEXT])[0]?.atMs).toBe(RECEIVED_MS);
  });
});
