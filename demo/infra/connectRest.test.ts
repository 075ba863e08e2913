import { describe, expect, it } from 'vitest';
import { overallState } from './connectRest.ts';

const status = (connector: string, ...tasks: string[]) => ({
  connector: { state: connector },
  tasks: tasks.map((state, id) => ({ id, state })),
});

describe('the state of a connector in one word', () => {
  const cases: readonly [string, Parameters<typeof overallState>[0], string][] = [
    ['is MISSING without a connector', undefined, 'MISSING'],
    ['is RUNNING if connector and task run', status('RUNNING', 'RUNNING'), 'RUNNING'],
    ['is STARTING while no task has been assigned', status('RUNNING'), 'STARTING'],
    ['is FAILED if the task failed', status('RUNNING', 'FAILED'), 'FAILED'],
    ['is PAUSED if it was paused', status('PAUSED', 'PAUSED'), 'PAUSED'],
    ['is STOPPED if it was stopped, with no task', status('STOPPED'), 'STOPPED'],
    ['is the state of the task that does not run yet', status('RUNNING', 'UNASSIGNED'), 'UNASSIGNED'],
  ];
  it.each(cases)('%s', (_name, given, word) => {
    expect(overallState(given)).toBe(word);
  });
});
