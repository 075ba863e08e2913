import { formatCount, formatSpan } from '../../core/format/figure.ts';
import { STAGE_TITLES } from '../../core/verdict/plan.ts';
import type { CriterionVerdict, Phase, StageId, StageVerdict, VerdictWord } from '../../core/verdict/verdict.ts';
import { STAGE_IDS } from '../../core/verdict/verdict.ts';
import type { CurrentVerdictRow } from '../../ports/readStore.ts';
import { currentStage, type LiveStage } from './currentStage.ts';

/** A stage as a row of the board and a step of the rail. */
export interface StageRow {
  readonly id: StageId;
  readonly number: number;
  readonly title: string;
  readonly phase: Phase;
  readonly verdict: VerdictWord;
  readonly stale: boolean;
  /** Criteria that are proved, those that are set aside, and all. */
  readonly met: number;
  readonly waived: number;
  readonly total: number;
  /** Why it has this verdict, in words. */
  readonly why: string;
  /** Evidence still missing for a pass, in words, or null. */
  readonly missing: string | null;
  readonly evaluatedAt: string | null;
}

/** The six stages of a context; one that was never evaluated is there as not started. */
export function stagesOf(context: string, rows: readonly CurrentVerdictRow[], nowMs: number): LiveStage[] {
  return STAGE_IDS.map((stage, index) => {
    const row = rows.find((known) => known.body.context === context && known.body.stage === stage);
    if (row !== undefined) return currentStage(row, nowMs);
    return {
      stale: false,
      verdict: {
        schemaVersion: '1',
        context,
        stage,
        stageNumber: index + 1,
        stageTitle: STAGE_TITLES[stage],
        phase: 'not_started',
        verdict: 'no_data',
        reason: 'never evaluated',
        evaluatedAt: new Date(0).toISOString(),
        validUntil: new Date(0).toISOString(),
        epoch: null,
        criteria: [],
      },
    };
  });
}

/** The board's row of a stage. */
export function stageRow({ verdict: stage, stale }: LiveStage, before: LiveStage | undefined): StageRow {
  const started = stage.phase !== 'not_started';
  const criteria = started ? stage.criteria : [];
  const having = (word: VerdictWord) => criteria.filter(({ verdict }) => verdict === word).length;
  return {
    id: stage.stage,
    number: stage.stageNumber,
    title: stage.stageTitle,
    phase: stage.phase,
    verdict: stage.verdict,
    stale,
    met: having('pass'),
    waived: having('waived'),
    total: criteria.length,
    why: started ? whyOf(stage) : startsAfter(before),
    missing: started && !stale ? missingOf(stage.criteria) : null,
    evaluatedAt: started ? stage.evaluatedAt : null,
  };
}

/** Evidence still missing over all criteria: the longest to come. */
export function missingOf(criteria: readonly CriterionVerdict[]): string | null {
  const failed = criteria.filter((criterion) => criterion.verdict === 'fail');
  if (failed.length > 0) {
    const failures = failed.reduce((most, criterion) => Math.max(most, criterion.failures), 0);
    return failures > 0 ? `${formatCount(failures)} failed` : 'a new attempt';
  }
  const waiting = criteria.flatMap(({ remaining }) => (remaining === null || remaining.events <= 0 ? [] : [remaining]));
  const longest = waiting.toSorted((a, b) => (b.etaSeconds ?? Infinity) - (a.etaSeconds ?? Infinity))[0];
  if (longest === undefined) return null;
  const eta = longest.etaSeconds === null ? '' : `, ${formatSpan(longest.etaSeconds * 1000)}`;
  return `${formatCount(longest.events)} more${eta}`;
}

function whyOf(stage: StageVerdict): string {
  return stage.reason === '' ? 'no reason was recorded' : stage.reason;
}

function startsAfter(before: LiveStage | undefined): string {
  return before === undefined ? 'not started' : `starts after ${before.verdict.stageTitle}`;
}
