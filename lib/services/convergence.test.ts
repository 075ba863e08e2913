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
  convergence.sample(new Map([[0, 5n]]), AT_MS + appliedAfterMs - 20, AT_MS + appliedAfterMs - 20);
  convergence.sample(new Map([[0, 9n]]), AT_MS + appliedAfterMs - 10, AT_MS + appliedAfterMs);
  convergence.count({ part: 0, offset: 7n, commitUs: AT_US }, verdict, AT_MS + verifiedAfterMs);
  const found = convergence.drain().buckets();
  expect(Object.fromEntries(found.map(({ cohort, n, bad }) => [cohort, [n, bad]]))).toEqual(expected);
  expect(convergence.drain().buckets()).toEqual([]);
});

it('does not know of an application that was not seen, and says so', () => {
  const convergence = new Convergence('inventory', 'stock');
  convergence.count({ part: 0, offset: 7n, commitUs: AT_US }, 'CLEAN', AT_MS + 100);
  expect(counts(convergence)).toEqual({ applied: [0, 0, 1], verified: [1, 0, 0] });
});

it('does not take a pause of its own for a slow applier', () => {
  const convergence = new Convergence('inventory', 'stock');
  convergence.sample(new Map([[0, 5n]]), AT_MS, AT_MS);
  convergence.sample(new Map([[0, 9n]]), AT_MS + 3_000, AT_MS + 3_000);
  convergence.count({ part: 0, offset: 7n, commitUs: AT_US }, 'CLEAN', AT_MS + 3_100);
  expect(counts(convergence)).toEqual({ applied: [0, 0, 1], verified: [1, 1, 0] });
});

it('does not know of changes that were passed over', () => {
  const convergence = new Convergence('inventory', 'stock');
  convergence.passedOver(3, AT_MS);
  expect(counts(convergence)).toEqual({ applied: [0, 0, 3], verified: [0, 0, 3] });
});

/** n, bad and unknown by cohort. */
function counts(convergence: Convergence) {
  const found = convergence.drain().buckets();
  return Object.fromEntries(found.map(({ cohort, n, bad, unknown }) => [cohort, [n, bad, unknown]]));
}
