import { describe, expect, it } from 'vitest';
import { breachedSpans, gapSpans, type KpiChart, summarise, verticalRange } from './kpiChart.ts';

function chart(values: readonly (number | null)[], change: Partial<KpiChart> = {}): KpiChart {
  return {
    id: 'latency',
    title: 'Read latency, p99',
    unit: 'ms',
    limit: { value: 50, op: 'lt' },
    fromMs: 0,
    toMs: values.length * 10,
    stepMs: 10,
    points: values.map((value, i) => ({ atMs: i * 10, value, n: value === null ? 0 : 100 })),
    baselineLabel: null,
    marks: [],
    ...change,
  };
}

describe('a KPI chart', () => {
  it('joins neighbouring breached steps to one band', () => {
    expect(breachedSpans(chart([10, 50, 60, 20, 70]))).toEqual([
      { fromMs: 10, toMs: 30 },
      { fromMs: 40, toMs: 50 },
    ]);
  });

  it('has a breach at the limit itself for both directions', () => {
    const rate = chart([1, 0.9999, 0.99], { unit: 'ratio', limit: { value: 0.9999, op: 'gt' } });
    expect(breachedSpans(rate)).toEqual([{ fromMs: 10, toMs: 30 }]);
  });

  it('shows steps without observations as gaps and never as breaches', () => {
    const gappy = chart([null, null, 10, null]);
    expect(gapSpans(gappy)).toEqual([
      { fromMs: 0, toMs: 20 },
      { fromMs: 30, toMs: 40 },
    ]);
    expect(breachedSpans(gappy)).toEqual([]);
  });

  it.each([
    ['healthy', chart([10, 20]), 'between 10 ms and 20 ms, last 20 ms, n = 200; never past the limit 50 ms.'],
    ['breached', chart([10, 90]), 'past the limit 50 ms in 1 of 2 steps.'],
    ['with gaps', chart([10, null]), 'never past the limit 50 ms. 1 of 2 steps have no data.'],
    ['without data', chart([null, null]), 'Read latency, p99: no observation in this time.'],
  ])('summarises itself when %s', (_name, given, expected) => expect(summarise(given)).toContain(expected));

  it('keeps the limit and all values inside its vertical range', () => {
    expect(verticalRange(chart([10, 20]))).toEqual([0, 60]);
    const [low, high] = verticalRange(chart([1, 0.98], { unit: 'ratio', limit: { value: 0.9999, op: 'gt' } }));
    expect(low).toBeCloseTo(0.975, 6);
    expect(high).toBe(1);
  });
});
