// The question of the board answered in one sentence: may this context go on?
import type { StageVerdict, VerdictWord } from '../../core/verdict/verdict.ts';

/** What of a stage the headline speaks of. */
export interface HeadlineStage {
  readonly stale: boolean;
  readonly verdict: Pick<StageVerdict, 'stageTitle' | 'verdict' | 'reason'>;
}

export interface Headline {
  /** The verdict that the title is about: the current stage's, or that of a done stage that fails again. */
  readonly verdict: VerdictWord | null;
  readonly title: string;
  readonly sentence: string;
}

/** Title and reason for a context at its current stage. A done stage that fails again comes first: nothing goes on then. */
export function headlineOf(
  contextName: string,
  current: HeadlineStage | undefined,
  next: HeadlineStage | undefined,
  failedAgain: HeadlineStage | undefined,
): Headline {
  if (current === undefined) {
    return {
      verdict: null,
      title: `${contextName} has not started`,
      sentence:
        'No stage is current. Start one with POST /api/v1/contexts/{context}/stage, or wait for the first evaluation.',
    };
  }
  const stage = current.verdict.stageTitle;
  if (failedAgain !== undefined && !current.stale && current.verdict.verdict !== 'fail') {
    return {
      verdict: 'fail',
      title: `${contextName} is not ready to leave ${stage}: ${failedAgain.verdict.stageTitle} fails`,
      sentence: sentenceOf(failedAgain),
    };
  }
  const told = titleOf(contextName, stage, current, next);
  return { verdict: current.verdict.verdict, title: told, sentence: sentenceOf(current) };
}

function titleOf(contextName: string, stage: string, current: HeadlineStage, next: HeadlineStage | undefined): string {
  if (current.stale) return `${contextName}: nobody is watching ${stage}`;
  switch (current.verdict.verdict) {
    case 'pass':
    case 'waived':
      return next === undefined ? `${contextName} has done ${stage}` : `${contextName} is ready to leave ${stage}`;
    case 'fail':
      return `${contextName} is not ready to leave ${stage}`;
    case 'inconclusive':
      return `${contextName} is not yet proved ready to leave ${stage}`;
    case 'no_data':
      return `${contextName} can't be judged at ${stage}: evidence is missing`;
    case 'error':
      return `${contextName} can't be judged at ${stage}: an input is not valid`;
    default:
      return current.verdict.verdict satisfies never;
  }
}

function sentenceOf({ verdict }: HeadlineStage): string {
  const text = verdict.reason.trim();
  if (text === '') return 'No reason was recorded.';
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
