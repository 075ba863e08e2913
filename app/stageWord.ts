import type { Phase, VerdictWord } from '#lib/core/verdict/verdict.ts';
import type { StatusWord } from './_ui/status.tsx';

/** How a stage is shown: one that has not started has no verdict. */
export function wordOf(stage: { readonly phase: Phase; readonly verdict: VerdictWord }): StatusWord {
  return stage.phase === 'not_started' ? 'not_started' : stage.verdict;
}
