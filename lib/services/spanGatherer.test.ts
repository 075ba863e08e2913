import { describe, expect, it } from 'vitest';
import type { SpanRow } from '../core/trace/span.ts';
import { SpanGatherer, type WaitingRequest } from './spanGatherer.ts';

const LIMITS = { gatherMs: 25, gatherSpans: 100, maxTransactions: 2 };
const RECEIPT = { accepted: 0, duplicates: 0, rejected: new Map() };

/** A gatherer whose timer and transactions end when the test says so. */
function scripted() {
  const timers: (() => void)[] = [];
  const started: { readonly sizes: number[]; readonly end: () => void }[] = [];
  const gatherer = new SpanGatherer({
    limits: LIMITS,
    timer: {
      after(_, run) {
        timers.push(run);
        return () => timers.splice(timers.indexOf(run), 1);
      },
    },
    settle: (requests: readonly WaitingRequest[]) =>
      new Promise((done) => {
        const end = (): void => {
          for (const request of requests) request.done(RECEIPT);
          done();
        };
        started.push({ sizes: requests.map((request) => request.rows.length), end });
      }),
  });
  const add = (spans: number): Promise<unknown> =>
    gatherer.add({ rows: Array.from({ length: spans }, () => ({}) as SpanRow), refused: [] });
  return { gatherer, timers, add, sizes: () => started.map((s) => s.sizes), end: (i: number) => started[i]?.end() };
}

describe('gathering', () => {
  it('waits for more, but no longer than the timer', () => {
    const { add, timers, sizes } = scripted();
    void add(1);
    void add(2);
    expect(sizes()).toEqual([]);
    expect(timers).toHaveLength(1);
    timers[0]?.();
    expect(sizes()).toEqual([[1, 2]]);
  });

  it('starts at once when a transaction is full', () => {
    const { add, sizes, timers } = scripted();
    void add(60);
    void add(40);
    expect(sizes()).toEqual([[60, 40]]);
    expect(timers).toHaveLength(0);
  });

  it('lets a request that is larger than a transaction go alone', () => {
    const { add, sizes } = scripted();
    void add(60);
    void add(500);
    expect(sizes()).toEqual([[60], [500]]);
  });

  it('runs no more transactions than allowed, and goes on when one ends', async () => {
    const { add, sizes, end, gatherer } = scripted();
    for (let i = 0; i < 4; i += 1) void add(100);
    expect(sizes()).toEqual([[100], [100]]);
    expect(gatherer.waitingSpans).toBe(200);
    end(0);
    await expect.poll(sizes).toHaveLength(3);
  });

  it('drains what waits without the timer', async () => {
    const { add, end, sizes, gatherer } = scripted();
    const answered = add(1);
    const drained = gatherer.drain();
    expect(sizes()).toEqual([[1]]);
    end(0);
    await Promise.all([answered, drained]);
    expect(gatherer).toMatchObject({ waitingSpans: 0, running: 0 });
  });
});
