import { expect, it } from 'vitest';
import { observationLimits } from './observationLimits.ts';
import { CONTEXT } from './testCases.ts';

it.each([
  ['the plan', {}, { latencyUs: 50_000n, cdcLagUs: 1_000_000n, transactionTimeUs: 2_000_000n }],
  [
    'overrides',
    { route_reads: { latency: { target: 80 } }, sync_data: { cdc_lag: { target: 2500 } } },
    { latencyUs: 80_000n, cdcLagUs: 2_500_000n, transactionTimeUs: 2_000_000n },
  ],
])('counts against the limits of %s', (_, criteria, expected) => {
  expect(observationLimits({ ...CONTEXT, criteria })).toEqual(expected);
});
