'use client';
import type { KpiChart } from '#lib/core/chart/kpiChart.ts';
import { formatCount, formatFigure } from '#lib/core/format/figure.ts';
import { formatWhen, type TimeZone } from '#lib/core/format/time.ts';

/** The same points as a table, newest first. */
export function ChartTable({ chart, zone }: { chart: KpiChart; zone: TimeZone }) {
  const show = (value: number | null | undefined) =>
    value === null || value === undefined ? 'no data' : formatFigure(value, chart.unit, chart.limit?.value ?? value);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <section className="max-h-[132px] overflow-y-auto text-xs" aria-label={`${chart.title} as a table`} tabIndex={0}>
      <table className="w-full tabular-nums">
        <thead className="text-left text-ink-3">
          <tr>
            <th>Time</th>
            <th className="text-right">{chart.title}</th>
            <th className="text-right">n</th>
          </tr>
        </thead>
        <tbody>
          {chart.points.toReversed().map((point) => (
            <tr key={point.atMs}>
              <td>{formatWhen(point.atMs, chart.toMs, zone)}</td>
              <td className="text-right">{show(point.value)}</td>
              <td className="text-right">{formatCount(point.n)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
