import { blockerOf } from './evaluateStage.ts';
import type { StageVerdict } from './verdict.ts';

const HOUR_MS = 3_600_000;

/** `store`: a new immutable row is due. `announce`: readers who asked to be told are told. */
export interface VerdictChange {
  readonly store: boolean;
  readonly announce: boolean;
}

/** Whether a verdict differs from the one stored last in its word, its blocking criterion or its epoch, or is an hour newer. */
export function verdictChange(
  stored: { readonly body: StageVerdict; readonly evaluatedAtMs: number } | null,
  next: StageVerdict,
): VerdictChange {
  const started = next.phase !== 'not_started';
  if (stored === null) return { store: true, announce: started };
  const { body } = stored;
  const wordChanged =
    body.verdict !== next.verdict ||
    body.phase !== next.phase ||
    blockerOf(body.criteria)?.id !== blockerOf(next.criteria)?.id;
  const epochChanged = body.epoch?.id !== next.epoch?.id;
  const hourly = Date.parse(next.evaluatedAt) - stored.evaluatedAtMs >= HOUR_MS;
  return { store: wordChanged || epochChanged || hourly, announce: started && (wordChanged || epochChanged) };
}
