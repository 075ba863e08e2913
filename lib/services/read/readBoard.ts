import type { KpiChart } from '../../core/chart/kpiChart.ts';
import type { CriterionVerdict, StageId, VerdictWord } from '../../core/verdict/verdict.ts';
import { worstOf } from '../../core/verdict/verdict.ts';
import type { Principal } from '../../ports/principal.ts';
import type { ContextView, MigrationView, SourceAges } from '../../ports/readStore.ts';
import { requireRole } from '../requireRole.ts';
import type { LiveStage } from './currentStage.ts';
import { type GateCommand, gateCommand } from './gateCommand.ts';
import { type Headline, headlineOf } from './headline.ts';
import { KPIS, type Kpi } from './kpi.ts';
import type { Reading } from './reading.ts';
import { readChart } from './readSeries.ts';
import { type StageRow, stageRow, stagesOf } from './stageRow.ts';
import { windowFor } from './timeWindow.ts';

/** A KPI card: the chart and the criterion that judges it, at the latest started stage that has one. */
export interface KpiCard {
  readonly chart: KpiChart;
  readonly stage: StageId | null;
  readonly stageTitle: string | null;
  readonly criterion: CriterionVerdict | null;
  readonly stale: boolean;
}

export interface ContextBoard {
  readonly id: string;
  readonly name: string;
  readonly relaxed: boolean;
  readonly verdict: VerdictWord;
  readonly stale: boolean;
  readonly current: StageId | null;
  readonly headline: Headline;
  readonly gate: GateCommand | null;
  readonly validUntil: string | null;
  readonly stages: readonly StageRow[];
  readonly kpis: readonly KpiCard[];
}

export interface Board {
  readonly migration: string | null;
  /** The newest evaluation, or null before the first. */
  readonly asOf: string | null;
  readonly ages: SourceAges;
  readonly contexts: readonly ContextBoard[];
}

export interface BoardRequest {
  /** Null: since the current stage began. */
  readonly rangeMs: number | null;
  /** Only this context. */
  readonly context?: string;
}

const STRIP = KPIS.slice(0, 4);
const CARD_POINTS = 90;

/** The readiness board: every context with its stages, the four KPIs and one sentence. */
export async function readBoard(reading: Reading, principal: Principal, request: BoardRequest): Promise<Board> {
  requireRole(principal, 'viewer');
  const { store, clock } = reading;
  const nowMs = clock.nowMs();
  const [migration, rows, ages] = await Promise.all([store.migration(), store.currentVerdicts(), store.sourceAges()]);
  const contexts = contextsOf(
    migration,
    rows.map((row) => row.body.context),
  ).filter((context) => request.context === undefined || context.id === request.context);
  return {
    migration: migration?.name ?? null,
    asOf: rows.length === 0 ? null : new Date(Math.max(...rows.map((row) => row.evaluatedAtMs))).toISOString(),
    ages,
    contexts: await Promise.all(
      contexts.map((context) => contextBoard(reading, context, stagesOf(context.id, rows, nowMs), request, nowMs)),
    ),
  };
}

async function contextBoard(
  reading: Reading,
  context: ContextView,
  stages: readonly LiveStage[],
  request: BoardRequest,
  nowMs: number,
): Promise<ContextBoard> {
  const current = stages.find((stage) => stage.verdict.phase === 'current');
  const started = stages.filter((stage) => stage.verdict.phase !== 'not_started');
  const next = current === undefined ? undefined : stages[current.verdict.stageNumber];
  const failedAgain = stages.find(
    ({ stale, verdict: { phase, verdict } }) => phase === 'done' && verdict === 'fail' && !stale,
  );
  const beganAt = current?.verdict.epoch?.startedAt;
  const fromMs = nowMs - (request.rangeMs ?? (beganAt === undefined ? 3_600_000 : nowMs - Date.parse(beganAt)));
  const window = windowFor(Math.min(fromMs, nowMs - 60_000), nowMs, CARD_POINTS);
  return {
    id: context.id,
    name: context.name,
    relaxed: context.relaxed,
    verdict: worstOf(started.map((stage) => stage.verdict.verdict)),
    stale: started.some((stage) => stage.stale),
    current: current?.verdict.stage ?? null,
    headline: headlineOf(context.name, current, next, failedAgain),
    gate: current === undefined ? null : gateCommand(context.id, current.verdict.stage, current.verdict.verdict),
    validUntil: current?.verdict.validUntil ?? null,
    stages: stages.map((stage, index) => stageRow(stage, stages[index - 1])),
    kpis: await Promise.all(
      STRIP.map(async (kpi) => {
        const judged = judgedBy(kpi, stages);
        const chart = await readChart(reading.store, context, kpi, judged?.criterion ?? null, window);
        return cardOf(chart, judged);
      }),
    ),
  };
}

export interface Judged {
  readonly stage: LiveStage;
  readonly criterion: CriterionVerdict;
}

/** The criterion that judges a KPI: of the current stage, else of the latest done one, else of the first to come. */
export function judgedBy(kpi: Kpi, stages: readonly LiveStage[]): Judged | undefined {
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

export function cardOf(chart: KpiChart, judged: Judged | undefined): KpiCard {
  return {
    chart,
    stage: judged?.stage.verdict.stage ?? null,
    stageTitle: judged?.stage.verdict.stageTitle ?? null,
    criterion: judged === undefined || judged.stage.verdict.phase === 'not_started' ? null : judged.criterion,
    stale: judged?.stage.stale ?? false,
  };
}

/** The contexts of the configuration, and those that have a verdict without being in it any more. */
export function contextsOf(migration: MigrationView | null, judged: readonly string[]): ContextView[] {
  const known = [...(migration?.contexts ?? [])];
  for (const id of new Set(judged)) {
    if (known.some((context) => context.id === id)) continue;
    known.push({ id, name: id, relaxed: false, routes: [], tables: [], sagas: [] });
  }
  return known;
}
