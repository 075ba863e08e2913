import { expect, it } from 'vitest';
import { type PassFigures, passProgress } from './passProgress.ts';

const NOW = 100_000;
const running: PassFigures = {
  state: 'running',
  startedAtMs: NOW - 10_000,
  finishedAtMs: null,
  rowsCompared: 2_000,
  rowsEstimated: 8_000,
  rowsPerSec: null,
  etaAtMs: null,
};

it.each([
  ['a running pass by its own estimate', running, null, { share: 0.25, rowsPerSec: 200, etaAtMs: NOW + 30_000 }],
  [
    'a running pass by the rows of the last one',
    { ...running, rowsEstimated: null },
    4_000,
    { share: 0.5, rowsPerSec: 200, etaAtMs: NOW + 10_000 },
  ],
  [
    'the first pass over a table of unknown size',
    { ...running, rowsEstimated: null },
    null,
    { share: null, rowsPerSec: 200, etaAtMs: null },
  ],
  [
    'an estimate that was too low is not a pass that is done',
    { ...running, rowsEstimated: 1_000 },
    null,
    { share: 0.99, rowsPerSec: 200, etaAtMs: NOW },
  ],
  [
    'a pass that has just begun has no rate',
    { ...running, startedAtMs: NOW - 500 },
    null,
    { share: 0.25, rowsPerSec: null, etaAtMs: null },
  ],
  [
    'what the verifier measured goes before what can be told from here',
    { ...running, rowsPerSec: 5_000, etaAtMs: NOW + 1_200 },
    null,
    { share: 0.25, rowsPerSec: 5_000, etaAtMs: NOW + 1_200 },
  ],
  [
    'a complete pass',
    { ...running, state: 'complete', finishedAtMs: NOW - 8_000 },
    null,
    { share: 1, rowsPerSec: 1_000, etaAtMs: null },
  ],
  [
    'a failed pass has an end but no whole',
    { ...running, state: 'failed', finishedAtMs: NOW },
    null,
    { share: 0.25, rowsPerSec: 200, etaAtMs: null },
  ],
  [
    'an empty table',
    { ...running, rowsCompared: 0, rowsEstimated: 0 },
    0,
    { share: null, rowsPerSec: null, etaAtMs: null },
  ],
] as const)('%s', (_name, pass, lastRows, expected) => expect(passProgress(pass, lastRows, NOW)).toEqual(expected));
