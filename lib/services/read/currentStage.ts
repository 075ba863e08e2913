import type { StageVerdict } from '../../core/verdict/verdict.ts';
import type { CurrentVerdictRow } from '../../ports/readStore.ts';

export interface LiveStage {
  readonly verdict: StageVerdict;
  /** True where nobody has evaluated it in time. */
  readonly stale: boolean;
}

/** A stage as it reads now: past its `validUntil` it is no_data, stale, whatever is stored. */
export function currentStage(row: CurrentVerdictRow, nowMs: number): LiveStage {
  if (nowMs <= row.validUntilMs) return { verdict: row.body, stale: false };
  const reason = `stale: the last evaluation was at ${row.body.evaluatedAt}, and its verdict was valid until ${row.body.validUntil}; is the worker running?`;
  if (row.body.phase === 'not_started') return { verdict: row.body, stale: false };
  return {
    stale: true,
    verdict: {
      ...row.body,
      verdict: 'no_data',
      reason,
      criteria: row.body.criteria.map((criterion) => ({
        ...criterion,
        verdict: 'no_data',
        reason,
        remaining: null,
      })),
    },
  };
}
