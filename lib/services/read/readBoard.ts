import type { StageId, VerdictWord } from '../../core/verdict/verdict.ts';
import { worstOf } from '../../core/verdict/verdict.ts';
import type { Principal } from '../../ports/principal.ts';
import { requireRole } from '../requireRole.ts';
import { type GateNow, gateNow } from './gateNow.ts';
import { type Headline, headlineOf } from './headline.ts';
import { KPIS } from './kpi.ts';
import { cardOf, judgedBy, type KpiCard } from './kpiCard.ts';
import { type JudgedContext, type JudgedContexts, readContexts } from './readContexts.ts';
import type { Reading } from './reading.ts';
import { readChart } from './readSeries.ts';
import { type StageRow, stageRow } from './stageRow.ts';
import { rangeOf, windowFor } from './timeWindow.ts';

export interface ContextBoard {
  readonly id: string;
  readonly name: string;
  readonly relaxed: boolean;
  readonly verdict: VerdictWord;
  readonly stale: boolean;
  readonly current: StageId | null;
  readonly headline: Headline;
  readonly gate: GateNow | null;
  readonly validUntil: string | null;
  readonly stages: readonly StageRow[];
  readonly kpis: readonly KpiCard[];
}

export interface Board extends Omit<JudgedContexts, 'contexts'> {
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
  const nowMs = reading.clock.nowMs();
  const { contexts, ...migration } = await readContexts(reading, nowMs);
  const asked = contexts.filter(({ context }) => request.context === undefined || context.id === request.context);
  return {
    ...migration,
    contexts: await Promise.all(asked.map((context) => contextBoard(reading, context, request, nowMs))),
  };
}

async function contextBoard(
  reading: Reading,
  { context, stages }: JudgedContext,
  request: BoardRequest,
  nowMs: number,
): Promise<ContextBoard> {
  const current = stages.find((stage) => stage.verdict.phase === 'current');
  const started = stages.filter((stage) => stage.verdict.phase !== 'not_started');
  const next = current === undefined ? undefined : stages[current.verdict.stageNumber];
  const failedAgain = stages.find(
    ({ stale, verdict: { phase, verdict } }) => phase === 'done' && verdict === 'fail' && !stale,
  );
  const window = windowFor(nowMs - rangeOf(request.rangeMs, current?.verdict, nowMs), nowMs, CARD_POINTS);
  return {
    id: context.id,
    name: context.name,
    relaxed: context.relaxed,
    verdict: worstOf(started.map((stage) => stage.verdict.verdict)),
    stale: started.some((stage) => stage.stale),
    current: current?.verdict.stage ?? null,
    headline: headlineOf(context.name, current, next, failedAgain),
    gate: current === undefined ? null : gateNow(current.verdict),
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
