'use client';
import { Table2, TrendingUp } from 'lucide-react';
import { useState } from 'react';
import type { KpiChart } from '#lib/core/chart/kpiChart.ts';
import { formatCount, formatFigure } from '#lib/core/format/figure.ts';
import { formatClock, type TimeZone } from '#lib/core/format/time.ts';
import type { CriterionVerdict } from '#lib/core/verdict/verdict.ts';
import { Chart } from './chart.tsx';
import { ChartTable } from './chartTable.tsx';
import { Status, type StatusWord } from './status.tsx';

interface KpiCardProps {
  readonly chart: KpiChart;
  readonly criterion: CriterionVerdict | null;
  /** Stage whose criterion judges this KPI. */
  readonly stageTitle: string | null;
  readonly stale: boolean;
  readonly zone: TimeZone;
  readonly height?: number;
  readonly group?: string;
}

/** A KPI: its figure beside its limit, the sample, and its course. */
export function KpiCard({ chart, criterion, stageTitle, stale, zone, height, group }: KpiCardProps) {
  const [asTable, setAsTable] = useState(false);
  const word: StatusWord = criterion?.verdict ?? 'not_started';
  const figure = figureOf(criterion, stale, chart);
  const Icon = asTable ? TrendingUp : Table2;
  return (
    <article className="card min-w-0 px-3.5 pt-3.5 pb-2">
      <header className="flex items-center justify-between gap-2">
        <h3 className="truncate text-sm font-medium text-ink-2">{chart.title}</h3>
        <Status word={word} />
      </header>
      <p className="text-figure font-semibold tracking-tight tabular-nums">{figure}</p>
      <div className="mb-1 flex min-h-9 items-start gap-2">
        <p className="flex-1 text-xs text-ink-3">{noteOf(criterion, stageTitle, stale, zone)}</p>
        <button
          type="button"
          className="rounded-control p-1 text-ink-3 hover:bg-surface-2 hover:text-ink"
          aria-pressed={asTable}
          aria-label={`View ${chart.title} as ${asTable ? 'chart' : 'table'}`}
          onClick={() => setAsTable(!asTable)}
        >
          <Icon size={14} aria-hidden />
        </button>
      </div>
      {asTable ? (
        <ChartTable chart={chart} zone={zone} />
      ) : (
        <Chart
          chart={chart}
          zone={zone}
          {...(height === undefined ? {} : { height })}
          {...(group === undefined ? {} : { group })}
        />
      )}
    </article>
  );
}

function figureOf(criterion: CriterionVerdict | null, stale: boolean, chart: KpiChart): string {
  if (stale || criterion?.verdict === 'no_data') return '–';
  const value = criterion === null ? lastKnown(chart) : criterion.observed;
  return value === null ? '–' : formatFigure(value, chart.unit, chart.limit?.value ?? value);
}

const lastKnown = (chart: KpiChart): number | null =>
  chart.points.findLast((point) => point.value !== null)?.value ?? null;

function noteOf(criterion: CriterionVerdict | null, stageTitle: string | null, stale: boolean, zone: TimeZone): string {
  if (criterion === null)
    return stageTitle === null ? 'no criterion judges this yet' : `${stageTitle} has not started: observed, not judged`;
  const limit = criterion.limitText;
  if (stale) {
    const last = criterion.lastEvidenceAt;
    return `${limit} · stale${last === null ? '' : `, last evidence ${formatClock(Date.parse(last), zone)}`}`;
  }
  if (criterion.n === 0) return `${limit} · no evidence yet`;
  if (criterion.verdict === 'fail')
    return `${limit} · ${formatCount(criterion.failures)} of ${formatCount(criterion.n)} bad`;
  if (criterion.remaining !== null && criterion.remaining.events > 0) {
    return `${limit} · needs ${formatCount(criterion.remaining.events)} more · n = ${formatCount(criterion.n)}`;
  }
  return `${limit} · n = ${formatCount(criterion.n)}`;
}
