import { expect, it } from 'vitest';
import { Convergence } from './convergence.ts';

const AT_US = 1_700_000_000_000_000;
const AT_MS = AT_US / 1000;

it.each([
  ['applied and verified within a second', 200, 900, 'CLEAN', { applied: [1, 0], verified: [1, 0] }],
  ['applied in time, verified late', 200, 1_500, 'CLEAN', { applied: [1, 0], verified: [1, 1] }],
  ['applied late', 1_200, 1_500, 'CLEAN', { applied: [1, 1], verified: [1, 1] }],
  ['proved different, however soon', 200, 300, 'DIVERGED', { applied: [1, 1], verified: [1, 1] }],
] as const)('counts a change that was %s', (_, appliedAfterMs, verifiedAfterMs, verdict, expected) => {
  const convergence = new Convergence('inventory', 'stock');
  convergence.sample(new Map([[0, 5n]]), AT_MS, AT_MS);
  convergence.sample(new Map([[0, 9n]]), AT_MS + appliedAfterMs - 10, AT_MS + appliedAfterMs);
  convergence.count({ part: 0, offset: 7n, commitUs: AT_US }, verdict, AT_MS + verifiedAfterMs);
  const found = convergence.drain().buckets();
  expect(Object.fromEntries(found.map(({ cohort, n, bad }) => [cohort, [n, bad]]))).toEqual(expected);
  expect(convergence.drain().buckets()).toEqual([]);
});

it('counts no application that was not seen', () => {
  const convergence = new Convergence('inventory', 'stock');
  convergence.count({ part: 0, offset: 7n, commitUs: AT_US }, 'CLEAN', AT_MS + 100);
  expect(
    convergence
      .drain()
      .buckets()
      .map(({ cohort }) => cohort),
  ).toEqual(['verified']);
});
