import { expect, it } from 'vitest';
import type { VerdictWord } from '../../core/verdict/verdict.ts';
import { type HeadlineStage, headlineOf } from './headline.ts';

const stage = (stageTitle: string, verdict: VerdictWord, stale = false): HeadlineStage => ({
  stale,
  verdict: { stageTitle, verdict, reason: `${stageTitle} says why` },
});
const failed = stage('Route reads', 'fail');

it.each<[string, HeadlineStage | undefined, HeadlineStage | undefined, VerdictWord | null, string]>([
  ['nothing is current', undefined, undefined, null, 'Inventory has not started'],
  [
    'the current stage passes',
    stage('Route writes', 'pass'),
    undefined,
    'pass',
    'Inventory is ready to leave Route writes',
  ],
  [
    'a done stage fails again',
    stage('Route writes', 'inconclusive'),
    failed,
    'fail',
    'Inventory is not ready to leave Route writes: Route reads fails',
  ],
  ['both fail', stage('Route writes', 'fail'), failed, 'fail', 'Inventory is not ready to leave Route writes'],
  [
    'nobody watches',
    stage('Route writes', 'no_data', true),
    failed,
    'no_data',
    'Inventory: nobody is watching Route writes',
  ],
])('%s', (_, current, failedAgain, verdict, title) => {
  const next = stage('Decommission', 'no_data');
  expect(headlineOf('Inventory', current, next, failedAgain)).toMatchObject({ verdict, title });
});

it('tells the reason of the stage that the title is about', () => {
  expect(headlineOf('Inventory', stage('Route writes', 'pass'), undefined, failed).sentence).toBe(
    'Route reads says why.',
  );
});
