import type { ChartMark } from '../../core/chart/kpiChart.ts';
import type { StageVerdict } from '../../core/verdict/verdict.ts';
import { BanyanError } from '../../errors.ts';
import type { Principal } from '../../ports/principal.ts';
import type { AttemptRow, SourceAges, VerdictHistoryRow } from '../../ports/readStore.ts';
import { requireRole } from '../requireRole.ts';
import { type GateNow, gateNow } from './gateNow.ts';
import { KPIS } from './kpi.ts';
import { cardOf, judgedBy, type KpiCard } from './kpiCard.ts';
import { readContexts } from './readContexts.ts';
import type { Reading } from './reading.ts';
import { readChart } from './readSeries.ts';
import { type StageRow, stageRow } from './stageRow.ts';
import { rangeOf, windowFor } from './timeWindow.ts';

/** One stage with everything that its verdict rests on. */
export interface StagePage {
  readonly migration: string | null;
  readonly context: { readonly id: string; readonly name: string; readonly relaxed: boolean };
  readonly stage: StageVerdict;
  readonly stale: boolean;
  readonly stages: readonly StageRow[];
  readonly cards: readonly KpiCard[];
  readonly history: readonly VerdictHistoryRow[];
  readonly attempts: readonly AttemptRow[];
  readonly gate: GateNow;
  readonly ages: SourceAges;
}

export interface StageRequest {
  readonly context: string;
  readonly stage: string;
  /** Null: since the attempt began. */
  readonly rangeMs: number | null;
}

const CHART_POINTS = 180;

/**
 * The stage page.
 * @throws BanyanError `not_found` for an unknown context or stage, naming those there are.
 */
export async function readStage(reading: Reading, principal: Principal, request: StageRequest): Promise<StagePage> {
  requireRole(principal, 'viewer');
  const { store, clock } = reading;
  const nowMs = clock.nowMs();
  const { migration, ages, contexts } = await readContexts(reading, nowMs);
  const judged = contexts.find(({ context }) => context.id === request.context);
  if (judged === undefined) {
    const ids = contexts.map(({ context }) => context.id);
    throw new BanyanError('not_found', `there is no context ${request.context}`, {
      fix: ids.length === 0 ? 'start the worker' : `the contexts are ${ids.join(', ')}`,
    });
  }
  const { context, stages } = judged;
  const live = stages.find((known) => known.verdict.stage === request.stage);
  if (live === undefined) {
    throw new BanyanError('not_found', `context ${context.id} has no stage ${request.stage}`, {
      fix: `the stages are ${stages.map((known) => known.verdict.stage).join(', ')}`,
    });
  }
  const [history, attempts] = await Promise.all([
    store.verdictHistory(context.id, request.stage, 50),
    store.attempts(context.id, request.stage, 20),
  ]);
  const window = windowFor(nowMs - rangeOf(request.rangeMs, live.verdict, nowMs), nowMs, CHART_POINTS);
  const marks = marksOf(attempts, window.fromMs, window.toMs);
  const own = KPIS.filter((kpi) => live.verdict.criteria.some((criterion) => criterion.indicator === kpi.indicator));
  const charted = [...own, ...KPIS.filter((kpi) => !own.includes(kpi))].slice(0, Math.max(4, own.length));
  const cards = await Promise.all(
    charted.map(async (kpi) => {
      const by = judgedBy(kpi, own.includes(kpi) ? [live] : stages);
      return cardOf({ ...(await readChart(store, context, kpi, by?.criterion ?? null, window)), marks }, by);
    }),
  );
  return {
    migration,
    context: { id: context.id, name: context.name, relaxed: context.relaxed },
    stage: live.verdict,
    stale: live.stale,
    stages: stages.map((stage, index) => stageRow(stage, stages[index - 1])),
    cards,
    history,
    attempts,
    gate: gateNow(live.verdict),
    ages,
  };
}

function marksOf(attempts: readonly AttemptRow[], fromMs: number, toMs: number): ChartMark[] {
  return attempts
    .map((attempt) => ({ atMs: Date.parse(attempt.startedAt), label: `attempt ${attempt.number}` }))
    .filter((mark) => mark.atMs > fromMs && mark.atMs < toMs);
}
