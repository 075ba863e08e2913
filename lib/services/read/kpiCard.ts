import type { KpiChart } from '../../core/chart/kpiChart.ts';
import type { CriterionVerdict, StageId } from '../../core/verdict/verdict.ts';
import type { LiveStage } from './currentStage.ts';
import type { Kpi } from './kpi.ts';

/** A KPI card: the chart and the criterion that judges it, at the latest started stage that has one. */
export interface KpiCard {
  readonly chart: KpiChart;
  readonly stage: StageId | null;
  readonly stageTitle: string | null;
  readonly criterion: CriterionVerdict | null;
  readonly stale: boolean;
}

export interface JudgedKpi {
  readonly stage: LiveStage;
  readonly criterion: CriterionVerdict;
}

/** The criterion that judges a KPI: of the current stage, else of the latest done one, else of the first to come. */
export function judgedBy(kpi: Kpi, stages: readonly LiveStage[]): JudgedKpi | undefined {
  const rank = { current: 0, done: 1, not_started: 2 } as const;
  return stages
    .flatMap((stage) =>
      stage.verdict.criteria
        .filter((criterion) => criterion.indicator === kpi.indicator)
        .map((criterion) => ({ stage, criterion })),
    )
    .toSorted(
      (a, b) =>
        rank[a.stage.verdict.phase] - rank[b.stage.verdict.phase] ||
        b.stage.verdict.stageNumber - a.stage.verdict.stageNumber,
    )[0];
}

/** A KPI's card by its chart and what judges it. */
export function cardOf(chart: KpiChart, judged: JudgedKpi | undefined): KpiCard {
  return {
    chart,
    stage: judged?.stage.verdict.stage ?? null,
    stageTitle: judged?.stage.verdict.stageTitle ?? null,
    criterion: judged === undefined || judged.stage.verdict.phase === 'not_started' ? null : judged.criterion,
    stale: judged?.stage.stale ?? false,
  };
}
