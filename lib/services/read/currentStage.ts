import { currentVerdict } from '../../core/verdict/stale.ts';
import type { StageVerdict } from '../../core/verdict/verdict.ts';
import type { CurrentVerdictRow } from '../../ports/readStore.ts';

export interface LiveStage {
  readonly verdict: StageVerdict;
  /** True where nobody has evaluated it in time. */
  readonly stale: boolean;
}

/** A stage as it reads now; one that has not started can't be stale. */
export function currentStage(row: CurrentVerdictRow, nowMs: number): LiveStage {
  if (row.body.phase === 'not_started') return { verdict: row.body, stale: false };
  const verdict = currentVerdict(row, nowMs);
  return { verdict, stale: verdict.stale ?? false };
}
