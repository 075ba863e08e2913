// The rule that others use, to be shown wrong: read both rows, wait, read both again; a difference that stayed is one.
import type { ChangeStream } from './changeStream.ts';
import type { State, Verifier } from './explorerModel.ts';
import type { Emit } from './systemSteps.ts';
import type { Judged } from './verifierSteps.ts';

const ANSWER = { leg: 'unknown', captureDiverged: false, divergence: null, lastVisible: null } as const;

/** The steps of the two timed reads; the wait is any number of steps of the others. */
export function timedTwoReads(state: State, stream: ChangeStream, emit: Emit, judge: (judged: Judged) => void): void {
  const { verifier, target } = state;
  const go = (step: string, more: Partial<Verifier>) => emit(step, { ...state, verifier: { ...verifier, ...more } });
  const source = stream.sourceRow(state);
  switch (verifier.phase) {
    case 'up':
      go('reads S', { phase: 'row_read', source });
      return;
    case 'row_read':
      if (target.value === verifier.source) judge({ decision: { verdict: 'CLEAN', ...ANSWER }, target });
      else go('reads T', { phase: 'target_read', target });
      return;
    case 'target_read':
      if (source === verifier.source) go('reads S again', { phase: 'half_read' });
      return;
    case 'half_read':
      if (target.value === verifier.target?.value) judge({ decision: { verdict: 'DIVERGED', ...ANSWER }, target });
      return;
    case 'down':
    case 'down_again':
    case 'position_taken':
    case 'acknowledged':
    case 'fenced':
      return;
    default:
      verifier.phase satisfies never;
  }
}
