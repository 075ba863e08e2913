// The question of the board answered in one sentence: may this context go on?
import type { LiveStage } from './currentStage.ts';

export interface Headline {
  readonly title: string;
  readonly sentence: string;
}

/** Title and reason for a context at its current stage. */
export function headlineOf(contextName: string, current: LiveStage | undefined, next: LiveStage | undefined): Headline {
  if (current === undefined) {
    return {
      title: `${contextName} has not started`,
      sentence:
        'No stage is current. Start one with POST /api/v1/contexts/{context}/stage, or wait for the first evaluation.',
    };
  }
  const stage = current.verdict.stageTitle;
  const sentence = sentenceOf(current);
  if (current.stale) return { title: `${contextName}: nobody is watching ${stage}`, sentence };
  switch (current.verdict.verdict) {
    case 'pass':
    case 'waived':
      return {
        title: next === undefined ? `${contextName} has done ${stage}` : `${contextName} is ready to leave ${stage}`,
        sentence,
      };
    case 'fail':
      return { title: `${contextName} is not ready to leave ${stage}`, sentence };
    case 'inconclusive':
      return { title: `${contextName} is not yet proved ready to leave ${stage}`, sentence };
    case 'no_data':
      return { title: `${contextName} can't be judged at ${stage}: evidence is missing`, sentence };
    case 'error':
      return { title: `${contextName} can't be judged at ${stage}: an input is not valid`, sentence };
    default:
      return current.verdict.verdict satisfies never;
  }
}

function sentenceOf({ verdict }: LiveStage): string {
  const text = verdict.reason.trim();
  if (text === '') return 'No reason was recorded.';
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
