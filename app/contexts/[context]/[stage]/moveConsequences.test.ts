import { expect, it } from 'vitest';
import { STAGE_TITLES } from '#lib/core/verdict/plan.ts';
import { STAGE_IDS, type StageId, type VerdictWord } from '#lib/core/verdict/verdict.ts';
import type { StageRow } from '#lib/services/read/stageRow.ts';
import { moveConsequences, moveTarget } from './moveConsequences.ts';

/** The stages of a context whose current stage reads `word`. */
function stagesAt(current: StageId, word: VerdictWord): StageRow[] {
  const at = STAGE_IDS.indexOf(current);
  return STAGE_IDS.map((id, i) => ({
    id,
    title: STAGE_TITLES[id],
    number: i + 1,
    phase: i < at ? 'done' : i === at ? 'current' : 'not_started',
    verdict: i === at ? word : i < at ? 'pass' : 'no_data',
    stale: false,
    why: '',
    met: 0,
    waived: 0,
    total: 0,
    missing: null,
    evaluatedAt: null,
  }));
}

function said(current: StageId, word: VerdictWord, to: StageId): string {
  const stages = stagesAt(current, word);
  const target = stages.find(({ id }) => id === to);
  return target === undefined ? '' : moveConsequences({ stages }, target).join(' ');
}

it.each([
  [
    'says that the stage left behind does not pass',
    'sync_data',
    'fail',
    'route_reads',
    /^Sync data does not pass now: it reads fail\./,
  ],
  ['says so of one that has no data, too', 'sync_data', 'no_data', 'route_reads', /it reads no data\./],
  ['says nothing of it if it passes', 'sync_data', 'pass', 'route_reads', /^Route reads becomes the current stage/],
  [
    'names the stages that are passed over',
    'sync_data',
    'pass',
    'decommission',
    /^Route reads, Route writes will count as done/,
  ],
  [
    'names the stages that a move back undoes',
    'route_writes',
    'pass',
    'sync_data',
    /^Route reads, Route writes will be not started/,
  ],
  [
    'does not ask a move back to pass',
    'route_writes',
    'fail',
    'sync_data',
    /^Route reads, Route writes will be not started/,
  ],
] as const)('%s', (_name, current, word, to, expected) => expect(said(current, word, to)).toMatch(expected));

it.each([
  ['from the current stage to the next', 'sync_data', 'sync_data', 'route_reads'],
  ['from a later stage to it', 'sync_data', 'route_writes', 'route_writes'],
  ['from an earlier stage back to it', 'sync_data', 'preparation', 'preparation'],
  ['from the last stage to none', 'decommission', 'decommission', undefined],
] as const)('goes %s', (_name, current, shown, expected) => {
  const stages = stagesAt(current, 'pass');
  const phase = stages.find(({ id }) => id === shown)?.phase ?? 'not_started';
  expect(moveTarget({ stage: { stage: shown, phase }, stages })?.id).toBe(expected);
});
