import { expect, it } from 'vitest';
import { PART_SILENCE_MS, partLiveness } from './partLiveness.ts';

const NOW_MS = 1_795_262_400_000;

it.each([
  ['a fresh report is believed', 'ok', 0, 'up'],
  ['a degraded part still works', 'degraded', 1_000, 'up'],
  ['a part that says it is down is', 'down', 1_000, 'down'],
  ['a report at the limit still counts', 'ok', PART_SILENCE_MS, 'up'],
  ['a report past it says nothing of now, however good', 'ok', PART_SILENCE_MS + 1, 'silent'],
  ['nor does a bad one', 'down', PART_SILENCE_MS + 1, 'silent'],
  ['a clock that is behind the store does no harm', 'ok', -5_000, 'up'],
])('%s', (_name, state, ageMs, expected) => {
  expect(partLiveness({ state, checkedAtMs: NOW_MS - ageMs }, NOW_MS)).toBe(expected);
});
