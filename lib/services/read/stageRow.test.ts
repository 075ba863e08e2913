import { describe, expect, it } from 'vitest';
import { criterionVerdictOf } from '../../core/verdict/criterionOutcome.ts';
import { criterion } from '../../core/verdict/testCases.ts';
import type { Phase, StageVerdict, VerdictWord } from '../../core/verdict/verdict.ts';
import { stageRow } from './stageRow.ts';

function stage(phase: Phase, words: readonly VerdictWord[]): { stale: boolean; verdict: StageVerdict } {
  const at = new Date(0).toISOString();
  return {
    stale: false,
    verdict: {
      ...{ schemaVersion: '1', context: 'inventory', stage: 'sync_data', stageNumber: 3, stageTitle: 'Sync data' },
      ...{ phase, verdict: 'no_data', reason: '', evaluatedAt: at, validUntil: at, epoch: null },
      criteria: words.map((verdict) =>
        criterionVerdictOf(criterion('sync_data', 'cdc_lag'), { verdict, reason: '' }, 0, null),
      ),
    },
  };
}

describe('the criteria of a stage on the board', () => {
  it.each<[string, Phase, VerdictWord[], { met: number; waived: number; total: number }]>([
    ['proved', 'current', ['pass', 'pass'], { met: 2, waived: 0, total: 2 }],
    ['a waived one is not met', 'current', ['pass', 'waived', 'fail'], { met: 1, waived: 1, total: 3 }],
    ['waived all', 'done', ['waived', 'waived'], { met: 0, waived: 2, total: 2 }],
    ['not started', 'not_started', ['pass', 'waived'], { met: 0, waived: 0, total: 0 }],
  ])('%s', (_, phase, words, counts) => {
    expect(stageRow(stage(phase, words), undefined)).toMatchObject(counts);
  });
});
