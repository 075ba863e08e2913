'use client';
import { useId } from 'react';
import {
  Area,
  ComposedChart,
  Line,
  ReferenceArea,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import { breachedSpans, gapSpans, type KpiChart, summarise, verticalRange } from '#lib/core/chart/kpiChart.ts';
import { formatCount, formatFigure } from '#lib/core/format/figure.ts';
import { formatClock, formatWhen, type TimeZone } from '#lib/core/format/time.ts';
import { HALO } from './halo.ts';
import { PlotBlank } from './plotBlank.tsx';
import { useAlive } from './useAlive.ts';

interface ChartProps {
  readonly chart: KpiChart;
  readonly zone: TimeZone;
  readonly height?: number;
  /** Charts with the same id show their cursors together. */
  readonly group?: string;
}

const TICK = { fontSize: 10, fill: 'var(--ink-3)' };
/** Of a digit in that size, in pixels. */
const DIGIT_WIDTH = 6;

/** A KPI over time: its limit with a label, the breached band, and hatched gaps where nothing is known. */
export function Chart({ height = 132, ...props }: ChartProps) {
  const { chart } = props;
  const alive = useAlive();
  const known = chart.points.some(({ value, baseline }) => value !== null || (baseline ?? null) !== null);
  return (
    // Clipped, because the plot is drawn at a guessed width before its place is measured.
    <figure aria-label={chart.title} className="overflow-x-clip">
      <figcaption className="sr-only">{summarise(chart)}</figcaption>
      {alive && known ? (
        <Plot {...props} height={height} />
      ) : (
        <PlotBlank height={height} {...(alive ? { words: 'Nothing was measured in this time' } : {})} />
      )}
    </figure>
  );
}

function Plot({ chart, zone, height, group }: ChartProps & { readonly height: number }) {
  const hatch = useId();
  const limit = chart.limit;
  const show = (value: number) => formatFigure(value, chart.unit, limit?.value ?? value);
  const [low, high] = verticalRange(chart);
  const scale = (value: number) => formatScale(value, high - low, chart);
  const scaleWidth = 12 + DIGIT_WIDTH * Math.max(4, ...yTicks(low, high).map((tick) => scale(tick).length));
  const data = chart.points.map((point) => ({ ...point, midMs: point.atMs + chart.stepMs / 2 }));
  return (
    <ResponsiveContainer width="100%" height={height} initialDimension={{ width: 300, height }}>
      <ComposedChart
        data={data}
        margin={{ top: 14, right: 6, bottom: 0, left: 0 }}
        title={`${chart.title}: use the arrow keys to read points`}
        {...(group === undefined ? {} : { syncId: group, syncMethod: 'value' as const })}
      >
        <defs>
          <pattern id={hatch} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <line x1="0" y1="0" x2="0" y2="6" stroke="var(--line-strong)" strokeWidth="1.5" />
          </pattern>
        </defs>
        {gapSpans(chart).map((span) => (
          <ReferenceArea
            key={`gap-${span.fromMs}`}
            x1={span.fromMs}
            x2={span.toMs}
            fill={`url(#${hatch})`}
            fillOpacity={0.6}
          />
        ))}
        {breachedSpans(chart).map((span) => (
          <ReferenceArea
            key={`breach-${span.fromMs}`}
            x1={span.fromMs}
            x2={span.toMs}
            fill="var(--breach)"
            fillOpacity={1}
          />
        ))}
        {yTicks(low, high).map((tick) => (
          <ReferenceLine key={`grid-${tick}`} y={tick} stroke="var(--chart-grid)" />
        ))}
        {chart.marks.map((mark) => (
          <ReferenceLine
            key={`${mark.label}-${mark.atMs}`}
            x={mark.atMs}
            stroke="var(--line-strong)"
            label={{ value: mark.label, position: 'insideBottomLeft', ...TICK, ...HALO }}
          />
        ))}
        <XAxis
          dataKey="midMs"
          type="number"
          domain={[chart.fromMs, chart.toMs]}
          ticks={xTicks(chart.fromMs, chart.toMs)}
          tickFormatter={(at: number) => formatTick(at, chart, zone)}
          tick={TICK}
          tickLine={false}
          axisLine={false}
          height={18}
          allowDataOverflow
        />
        <YAxis
          domain={[low, high]}
          ticks={yTicks(low, high)}
          tickFormatter={scale}
          tick={TICK}
          tickLine={false}
          axisLine={false}
          width={scaleWidth}
          allowDataOverflow
        />
        <Tooltip
          isAnimationActive={false}
          cursor={{ stroke: 'var(--ink-3)', strokeWidth: 1 }}
          content={({ active, payload }) => (
            <PointNote active={active} point={payload?.[0]?.payload} chart={chart} zone={zone} />
          )}
        />
        <Area
          dataKey="value"
          stroke="var(--chart-1)"
          strokeWidth={1.6}
          fill="var(--chart-1)"
          fillOpacity={0.08}
          dot={false}
          activeDot={{ r: 3 }}
          isAnimationActive={false}
          connectNulls={false}
        />
        {chart.baselineLabel === null ? null : (
          <Line
            dataKey="baseline"
            stroke="var(--chart-2)"
            strokeWidth={1.3}
            strokeDasharray="4 3"
            dot={false}
            activeDot={false}
            isAnimationActive={false}
          />
        )}
        {limit === null || limit.op === 'eq' ? null : (
          <ReferenceLine
            y={limit.value}
            stroke="var(--limit)"
            strokeWidth={1.2}
            strokeDasharray="5 3"
            label={{
              value: `limit ${show(limit.value)}`,
              position: 'insideBottomLeft',
              offset: 3,
              fontSize: 10,
              fill: 'var(--ink-2)',
              ...HALO,
            }}
          />
        )}
      </ComposedChart>
    </ResponsiveContainer>
  );
}

interface Point {
  readonly atMs: number;
  readonly value: number | null;
  readonly n: number;
  readonly baseline?: number | null;
}

function PointNote({
  active,
  point,
  chart,
  zone,
}: {
  active: boolean;
  point: Point | undefined;
  chart: KpiChart;
  zone: TimeZone;
}) {
  if (!active || point === undefined) return null;
  const show = (value: number | null | undefined) =>
    value === null || value === undefined ? 'no data' : formatFigure(value, chart.unit, chart.limit?.value ?? value);
  return (
    <div className="rounded-control border border-line-strong bg-surface px-2.5 py-1.5 text-2xs shadow-card">
      <div className="text-ink-3">{formatWhen(point.atMs, chart.toMs, zone)}</div>
      <div className="font-semibold text-ink">{show(point.value)}</div>
      <div className="text-ink-2">{point.n === 0 ? 'no observation' : `n = ${formatCount(point.n)}`}</div>
      {chart.baselineLabel === null ? null : (
        <div className="text-ink-2">
          {chart.baselineLabel}: {show(point.baseline)}
        </div>
      )}
    </div>
  );
}

function yTicks(low: number, high: number): number[] {
  const middle = (low + high) / 2;
  return [low, middle, high];
}

/** A tick without its unit, with as many digits as tell it from its neighbour. */
function formatScale(value: number, range: number, chart: KpiChart): string {
  if (value === 0) return '0';
  if (chart.unit !== 'ratio')
    return formatFigure(value, chart.unit, chart.limit?.value ?? value).replace(/ (ms|s)$/, '');
  const decimals = Math.min(8, Math.max(0, 1 - Math.floor(Math.log10(range * 50))));
  return String(Number((value * 100).toFixed(decimals)));
}

const TICK_STEPS_MIN = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880];

function xTicks(fromMs: number, toMs: number): number[] {
  const minutes = (toMs - fromMs) / 60_000;
  const step = (TICK_STEPS_MIN.find((length) => minutes / length <= 5) ?? 1440) * 60_000;
  const ticks: number[] = [];
  for (let at = Math.ceil(fromMs / step) * step; at < toMs; at += step) {
    if (at - fromMs > step * 0.15 && toMs - at > step * 0.15) ticks.push(at);
  }
  return ticks;
}

function formatTick(atMs: number, chart: KpiChart, zone: TimeZone): string {
  if (chart.toMs - chart.fromMs <= 26 * 3_600_000) return formatClock(atMs, zone, false);
  return new Date(atMs).toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'short',
    ...(zone === 'utc' ? { timeZone: 'UTC' } : {}),
  });
}
