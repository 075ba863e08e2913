import { staleReason } from './explain.ts';
import type { StageVerdict } from './verdict.ts';

/** The newest evaluation of a stage as the store has it. */
export interface CurrentRow {
  readonly body: StageVerdict;
  readonly evaluatedAtMs: number;
  readonly validUntilMs: number;
}

/**
 * What a reader must show: the stored verdict, or past its time `no_data` for stage and criteria, with the figures that
 * were last known. The only place where a reader changes a stored verdict, so that a dead worker leaves no green gate.
 */
export function currentVerdict(row: CurrentRow, nowMs: number): StageVerdict {
  // A stage that has not started claims nothing that could go stale.
  if (nowMs <= row.validUntilMs || row.body.phase === 'not_started') return row.body;
  const reason = staleReason(row.evaluatedAtMs, nowMs);
  return {
    ...row.body,
    verdict: 'no_data',
    reason,
    criteria: row.body.criteria.map((criterion) => ({ ...criterion, verdict: 'no_data', reason, remaining: null })),
    stale: true,
  };
}
