// A KPI over time beside its criterion's limit. A step without observations is unknown: a gap, never zero.
import { type FigureUnit, formatCount, formatFigure } from '../format/figure.ts';

export interface ChartPoint {
  readonly atMs: number;
  /** In the chart's unit; null is unknown. */
  readonly value: number | null;
  readonly n: number;
  /** The same of what it is compared with (the legacy route), if there is one. */
  readonly baseline?: number | null;
}

export interface ChartLimit {
  readonly value: number;
  readonly op: 'lt' | 'gt' | 'eq';
}

export interface ChartMark {
  readonly atMs: number;
  readonly label: string;
}

export interface KpiChart {
  readonly id: string;
  readonly title: string;
  readonly unit: FigureUnit;
  readonly limit: ChartLimit | null;
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
  readonly points: readonly ChartPoint[];
  readonly baselineLabel: string | null;
  readonly marks: readonly ChartMark[];
}

export interface TimeSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

/** True if the value is past the limit. */
export function isBreach(value: number, limit: ChartLimit): boolean {
  switch (limit.op) {
    case 'lt':
      return value >= limit.value;
    case 'gt':
      return value <= limit.value;
    case 'eq':
      return value !== limit.value;
    default:
      return limit.op satisfies never;
  }
}

/** The spans in which the KPI was past its limit. */
export function breachedSpans(chart: KpiChart): TimeSpan[] {
  const { limit } = chart;
  if (limit === null) return [];
  return spansWhere(chart, (point) => point.value !== null && isBreach(point.value, limit));
}

/** The spans without an observation. */
export function gapSpans(chart: KpiChart): TimeSpan[] {
  return spansWhere(chart, (point) => point.value === null);
}

/** The chart in one sentence, for those who can't see it and those in a hurry. */
export function summarise(chart: KpiChart): string {
  const known = chart.points.flatMap((point) => (point.value === null ? [] : [point.value]));
  if (known.length === 0) return `${chart.title}: no observation in this time.`;
  const show = (value: number) => formatFigure(value, chart.unit, chart.limit?.value ?? value);
  const n = chart.points.reduce((sum, point) => sum + point.n, 0);
  const last = known[known.length - 1] ?? 0;
  const range = `between ${show(Math.min(...known))} and ${show(Math.max(...known))}, last ${show(last)}, n = ${formatCount(n)}`;
  const gaps = chart.points.length - known.length;
  const gapText = gaps === 0 ? '' : ` ${gaps} of ${chart.points.length} steps have no data.`;
  if (chart.limit === null) return `${chart.title}: ${range}.${gapText}`;
  const breaches = known.filter((value) => chart.limit !== null && isBreach(value, chart.limit)).length;
  const limitText = `the limit ${show(chart.limit.value)}`;
  const breachText =
    breaches === 0 ? `never past ${limitText}` : `past ${limitText} in ${breaches} of ${known.length} steps`;
  return `${chart.title}: ${range}; ${breachText}.${gapText}`;
}

/** The vertical range: the known values and the limit, with some air; a success rate shows the top of the scale. */
export function verticalRange(chart: KpiChart): readonly [number, number] {
  const known = chart.points.flatMap((point) =>
    [point.value, point.baseline ?? null].filter((value): value is number => value !== null),
  );
  if (chart.limit?.op === 'gt' && chart.unit === 'ratio') {
    const room = 1 - Math.min(chart.limit.value, ...known);
    return [Math.max(0, 1 - Math.max(room * 1.25, 1e-9)), 1];
  }
  const top = Math.max(chart.limit?.value ?? 0, ...known);
  return [0, top === 0 ? 1 : top * 1.2];
}

function spansWhere(chart: KpiChart, matches: (point: ChartPoint) => boolean): TimeSpan[] {
  const spans: { fromMs: number; toMs: number }[] = [];
  for (const point of chart.points) {
    if (!matches(point)) continue;
    const last = spans[spans.length - 1];
    const endMs = Math.min(point.atMs + chart.stepMs, chart.toMs);
    if (last !== undefined && last.toMs >= point.atMs) last.toMs = endMs;
    else spans.push({ fromMs: point.atMs, toMs: endMs });
  }
  return spans;
}
