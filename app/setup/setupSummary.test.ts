import { describe, expect, it } from 'vitest';
import type { PartState } from '#lib/ports/statusBoard.ts';
import { countsText, setupSummary } from './setupSummary.ts';

const part = (name: string, state: PartState, silent = false) => ({ part: name, state, silent });
const works = part('store', 'ok');

describe('the parts of a set-up in one word', () => {
  it.each([
    ['nobody has reported', [], 'no_data', 'No parts have reported yet'],
    ['all work', [works, part('kafka', 'ok')], 'pass', 'All 2 parts work'],
    ['one is not set up', [works, part('notify', 'off')], 'pass', 'Of 2 parts 1 works, 1 off'],
    ['one is limited', [works, part('database:a', 'limited')], 'inconclusive', 'Of 2 parts 1 works, 1 limited'],
    [
      'one is degraded',
      [works, part('notify', 'off'), part('kafka', 'degraded')],
      'inconclusive',
      'Of 3 parts 1 works, 1 off, 1 degraded',
    ],
    ['one is down', [works, part('kafka', 'down'), part('notify', 'off')], 'fail', '1 of 3 parts is down'],
    ['one is silent', [works, part('kafka', 'down', true)], 'fail', '1 of 2 parts is down'],
    ['all are silent', [part('store', 'down', true)], 'no_data', 'No parts are checked: the worker is not running'],
  ])('%s', (_, parts, word, title) => {
    expect(setupSummary(parts)).toMatchObject({ word, title });
  });

  it('names what is limited and what is off', () => {
    const { sentence } = setupSummary([works, part('notify', 'off'), part('database:a', 'limited')]);
    expect(sentence).toContain('Limited: database:a. Not set up: notify.');
  });
});

it('counts each state apart', () => {
  expect(countsText([works, works, part('notify', 'off'), part('kafka', 'starting')])).toBe(
    '2 work, 1 off, 1 starting',
  );
});
