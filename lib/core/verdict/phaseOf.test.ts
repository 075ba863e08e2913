import { expect, it } from 'vitest';
import { phaseOf } from './phaseOf.ts';
import type { Phase, StageId } from './verdict.ts';

const moved: [StageId, Phase][] = [['sync_data', 'current']];

it.each<[string, [StageId, Phase][], StageId, Phase]>([
  ['the first stage of a context that was never moved is current', [], 'preparation', 'current'],
  ['the others of it have not started', [], 'build_service', 'not_started'],
  ['what is stored holds', moved, 'sync_data', 'current'],
  ['a stage of a moved context that is not stored has not started', moved, 'preparation', 'not_started'],
])('%s', (_name, phases, stage, expected) => {
  expect(phaseOf(new Map(phases), stage)).toBe(expected);
});
