import { type Phase, STAGE_IDS, type StageId } from './verdict.ts';

/** The phase of a stage, given those that are stored; a context that nobody has moved yet is in its first stage. */
export function phaseOf(phases: ReadonlyMap<StageId, Phase>, stage: StageId): Phase {
  const stored = phases.get(stage);
  if (stored !== undefined) return stored;
  return phases.size === 0 && stage === STAGE_IDS[0] ? 'current' : 'not_started';
}
