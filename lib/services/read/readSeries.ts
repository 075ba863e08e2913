import type { ChartPoint, KpiChart } from '../../core/chart/kpiChart.ts';
import type { CriterionVerdict } from '../../core/verdict/verdict.ts';
import { BanyanError } from '../../errors.ts';
import type { Principal } from '../../ports/principal.ts';
import type { ContextView, ReadStore, SeriesQuery } from '../../ports/readStore.ts';
import { requireRole } from '../requireRole.ts';
import { KPIS, type Kpi, kpiOf } from './kpi.ts';
import type { Reading } from './reading.ts';
import { type TimeWindow, windowFor } from './timeWindow.ts';

export interface SeriesRequest {
  readonly context: string;
  readonly indicator: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly points: number;
}

/**
 * One KPI over time, downsampled to at most 2,000 points.
 * @throws BanyanError `not_found` for an unknown context, `bad_input` for an indicator without a series.
 */
export async function readSeries(reading: Reading, principal: Principal, request: SeriesRequest): Promise<KpiChart> {
  requireRole(principal, 'viewer');
  const kpi = kpiOf(request.indicator);
  if (kpi === undefined) {
    throw new BanyanError('bad_input', `indicator ${request.indicator} has no series`, {
      fix: `ask for one of ${KPIS.map((known) => known.indicator).join(', ')}`,
    });
  }
  const migration = await reading.store.migration();
  const context = migration?.contexts.find((known) => known.id === request.context);
  if (context === undefined) {
    throw new BanyanError('not_found', `there is no context ${request.context}`, {
      fix: `the contexts are ${migration?.contexts.map((known) => known.id).join(', ') || 'not known yet: start the worker'}`,
    });
  }
  return readChart(reading.store, context, kpi, null, windowFor(request.fromMs, request.toMs, request.points));
}

/** The chart of one KPI of a context beside the limit of its criterion. */
export async function readChart(
  store: ReadStore,
  context: ContextView,
  kpi: Kpi,
  criterion: CriterionVerdict | null,
  window: TimeWindow,
): Promise<KpiChart> {
  const query: SeriesQuery = {
    context: context.id,
    indicator: kpi.indicator,
    cohorts: kpi.cohorts,
    series: seriesOf(context, kpi),
    ...window,
  };
  const [main, baseline] = await Promise.all([
    readSteps(store, kpi, query),
    kpi.baseline === null ? null : readSteps(store, kpi, { ...query, cohorts: [kpi.baseline.cohort] }),
  ]);
  const hasBaseline = baseline !== null && baseline.size > 0;
  const points: ChartPoint[] = [];
  for (let atMs = window.fromMs; atMs < window.toMs; atMs += window.stepMs) {
    const step = main.get(atMs);
    // The step that is still open is left out until something was counted in it: it is not a gap yet.
    if (step === undefined && atMs + window.stepMs >= window.toMs && points.length > 0) break;
    points.push({
      atMs,
      value: step?.value ?? null,
      n: step?.n ?? 0,
      ...(hasBaseline ? { baseline: baseline.get(atMs)?.value ?? null } : {}),
    });
  }
  return {
    id: kpi.indicator,
    title: kpi.title,
    unit: kpi.unit,
    limit: criterion === null ? null : { value: criterion.target, op: criterion.op },
    ...window,
    points,
    baselineLabel: hasBaseline ? (kpi.baseline?.label ?? null) : null,
    marks: [],
  };
}

type Steps = Map<number, { readonly value: number | null; readonly n: number }>;

async function readSteps(store: ReadStore, kpi: Kpi, query: SeriesQuery): Promise<Steps> {
  if (kpi.measure === 'p99') {
    const [quantiles, sampled] = await Promise.all([
      store.quantiles(query, 0.99),
      kpi.sampledHop === null ? [] : store.sampledLag(query, kpi.sampledHop),
    ]);
    const steps: Steps = new Map();
    // A stopped applier measures nothing: its growing lag is known from the samples only.
    for (const { atMs, lagMs } of sampled) if (lagMs !== null) steps.set(atMs, { value: lagMs, n: 0 });
    for (const { atMs, bin, n } of quantiles) {
      const measured = 1.02 ** bin / 1000;
      steps.set(atMs, { value: Math.max(measured, steps.get(atMs)?.value ?? 0), n });
    }
    return steps;
  }
  const steps: Steps = new Map();
  for (const { atMs, n, bad } of await store.counted(query)) {
    const share = kpi.measure === 'bad_share' ? bad / n : (n - bad) / n;
    steps.set(atMs, { value: n === 0 ? null : share, n });
  }
  return steps;
}

function seriesOf(context: ContextView, kpi: Kpi): readonly string[] | null {
  switch (kpi.over) {
    case 'read_routes': {
      const reads = context.routes.filter((route) => route.kind === 'read').map((route) => route.id);
      return reads.length === 0 ? null : reads;
    }
    case 'tables':
      return context.tables.length === 0 ? null : context.tables.map((table) => table.id);
    case 'sagas':
      return context.sagas.length === 0 ? null : context.sagas.map((saga) => saga.id);
    default:
      return kpi.over satisfies never;
  }
}
