import { describe, expect, it } from 'vitest';
import { afterAttempt, type SendOutcome } from './deliveryPlan.ts';

const answered = (status: number, retryAfterSec: number | null = null): SendOutcome => ({
  kind: 'answered',
  status,
  retryAfterSec,
  tookMs: 3,
});

describe('afterAttempt', () => {
  it.each([
    ['a 2xx is done', 1, answered(204), { kind: 'delivered' }],
    ['a 3xx is a failure', 1, answered(302), { kind: 'retry', atMs: 5_000 }],
    ['a 410 ends the endpoint', 1, answered(410), { kind: 'disable' }],
    ['the second try comes after 5 s', 1, answered(500), { kind: 'retry', atMs: 5_000 }],
    ['the third after 5 min', 2, answered(500), { kind: 'retry', atMs: 300_000 }],
    ['Retry-After is honoured when it is longer', 1, answered(429, 60), { kind: 'retry', atMs: 60_000 }],
    ['Retry-After never shortens a wait', 2, answered(503, 1), { kind: 'retry', atMs: 300_000 }],
    ['Retry-After is honoured for a day at most', 1, answered(503, 1e15), { kind: 'retry', atMs: 86_400_000 }],
    ['no answer is tried again', 1, { kind: 'unanswered', reason: 'time-out', tookMs: 15_000 }, { kind: 'retry' }],
    ['a private address is never tried again', 1, { kind: 'refused', reason: 'private' }, { kind: 'failed' }],
    ['the tenth failure disables', 10, answered(500), { kind: 'disable' }],
  ] as const)('%s', (_name, attempts, outcome, expected) => {
    expect(afterAttempt(attempts, outcome, 0, 0)).toMatchObject(expected);
  });

  it('spreads retries by up to a tenth of the wait', () => {
    expect(afterAttempt(2, answered(500), 0, 0.999)).toMatchObject({ atMs: expect.closeTo(330_000, -2) });
  });
});
