// The KPIs that have a series over time: which counters they are made of, and how they are shown.
import type { FigureUnit } from '../../core/format/figure.ts';
import type { IndicatorKind, StageId } from '../../core/verdict/verdict.ts';

export interface Kpi {
  readonly indicator: IndicatorKind;
  readonly title: string;
  readonly unit: FigureUnit;
  readonly measure: 'p99' | 'good_share' | 'bad_share';
  readonly cohorts: readonly string[];
  readonly over: 'read_routes' | 'tables' | 'sagas';
  readonly baseline: { readonly cohort: string; readonly label: string } | null;
  /** Hop of the lag samples that stand in where nothing was measured. */
  readonly sampledHop: string | null;
  /** The stage whose table row shows this KPI as its trend. */
  readonly trendOf: StageId | null;
}

/** In the order of the board's strip; the first four are the strip. */
export const KPIS: readonly Kpi[] = [
  {
    indicator: 'latency',
    title: 'Read latency, p99',
    unit: 'ms',
    measure: 'p99',
    cohorts: ['service'],
    over: 'read_routes',
    baseline: { cohort: 'legacy', label: 'legacy route' },
    sampledHop: null,
    trendOf: 'route_reads',
  },
  {
    indicator: 'cdc_lag',
    title: 'CDC lag, p99',
    unit: 'ms',
    measure: 'p99',
    cohorts: ['apply'],
    over: 'tables',
    baseline: null,
    sampledHop: 'end_to_end',
    trendOf: 'sync_data',
  },
  {
    indicator: 'saga_success',
    title: 'Saga success',
    unit: 'ratio',
    measure: 'good_share',
    cohorts: ['all'],
    over: 'sagas',
    baseline: null,
    sampledHop: null,
    trendOf: 'route_writes',
  },
  {
    indicator: 'error_rate',
    title: 'Error rate',
    unit: 'ratio',
    measure: 'bad_share',
    cohorts: ['service'],
    over: 'read_routes',
    baseline: null,
    sampledHop: null,
    trendOf: null,
  },
  {
    indicator: 'transaction_time',
    title: 'Transaction time, p99',
    unit: 'ms',
    measure: 'p99',
    cohorts: ['all'],
    over: 'sagas',
    baseline: null,
    sampledHop: null,
    trendOf: null,
  },
];

/** The KPI of an indicator, if it has a series. */
export function kpiOf(indicator: string): Kpi | undefined {
  return KPIS.find((kpi) => kpi.indicator === indicator);
}
