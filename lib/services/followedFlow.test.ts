import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ContinuousStore, LeasedPartition, WaitingChange } from '../ports/continuousStore.ts';
import type { SourceBatch, SourceRecord } from '../ports/eventSource.ts';
import { ChangeWindow } from './changeWindow.ts';
import { FlowWatch } from './flowWatch.ts';
import { type BacklogLimits, FollowedFlow } from './followedFlow.ts';

const TOPIC = 'monolith.public.inventory';

/** A store's part that keeps what waits, and can be away. */
class Shelf implements ContinuousStore {
  isAway = false;
  readonly kept: WaitingChange[] = [];
  lease = async () => [];
  release = async () => undefined;
  verifiedTo = async () => new Map();
  looks = async () => [];
  commit = async () => true;
  unspill = async () => [];
  spill = async (_: unknown, waiting: readonly WaitingChange[]) => {
    if (this.isAway) throw new Error('the store is away');
    this.kept.push(...waiting);
  };
}

const LIMITS: BacklogLimits = { inMemory: 1_000, slack: 0, inStore: 1_000 };

function follow(limits = LIMITS, ends: ReadonlyMap<number, bigint> = new Map()) {
  const window = new ChangeWindow({
    topic: TOPIC,
    columns: { key: ['id'], compared: ['quantity'] },
    pause: (ms, signal) => wait(ms, undefined, { signal }).catch(() => undefined),
  });
  window.open(0, 0n);
  const clock = { nowMs: () => 0 };
  const reader = { applied: async () => null, transactionId: async () => 0n, keyProblem: async () => null };
  const watch = new FlowWatch({
    window,
    back: null,
    writer: 'source',
    group: null,
    fence: null,
    clock,
    pause: async () => undefined,
    reader,
    log: { ranges: async () => new Map() },
  });
  const store = new Shelf();
  const flow = new FollowedFlow(watch, { context: 'inventory', table: 'inventory' }, store, limits);
  const lease: LeasedPartition = { topic: TOPIC, part: 0, verifiedOffset: 0n, skipped: 0n, looks: [] };
  flow.hold([lease], ends);
  return { window, flow, store };
}

const change = (offset: number, id: number): SourceRecord =>
  record(
    offset,
    JSON.stringify({
      op: 'u',
      before: null,
      after: { id, quantity: offset },
      source: { ts_ms: 1_700_000_000_000, txId: offset + 1, sequence: `["${offset}","${offset}"]`, snapshot: 'false' },
      ts_ms: 1_700_000_000_000,
    }),
  );

function record(offset: number, value: string): SourceRecord {
  return { offset: BigInt(offset), timestampMs: 1, key: null, value: Buffer.from(value), headers: {} };
}

function batch(records: readonly SourceRecord[], over: Partial<SourceBatch> = {}): SourceBatch {
  const nextOffset = (records.at(-1)?.offset ?? -1n) + 1n;
  const readFrom = records[0]?.offset ?? 0n;
  return { topic: TOPIC, partition: 0, records, readFrom, nextOffset, highWatermark: nextOffset, ...over };
}

describe('changes that are lost count as left out', () => {
  it.each<[string, SourceBatch[], bigint]>([
    ['nothing is lost', [batch([change(2, 2), change(3, 1)])], 0n],
    ['a gap before other changes', [batch([change(9, 2), change(10, 1)])], 7n],
    ['a gap and no change', [batch([], { readFrom: 9n, nextOffset: 9n, highWatermark: 9n })], 7n],
    ['an unreadable record before other changes', [batch([record(2, 'garbage'), change(3, 1)])], 1n],
    ['an unreadable record alone', [batch([record(2, 'garbage')])], 1n],
    ['two unreadable records, and a gap', [batch([record(2, '{'), record(3, '{')]), batch([change(6, 1)])], 4n],
    ['another log: what waits, and at least one more', [batch([], { nextOffset: 0n, highWatermark: 0n })], 3n],
    ['another log that has a change', [batch([change(0, 5)], { highWatermark: 1n })], 3n],
  ])('%s', (_, batches, lost) => {
    const { window, flow } = follow();
    window.add(batch([change(0, 1), change(1, 2)]));
    for (const each of batches) window.add(each);
    flow.noteGaps();
    expect(flow.skipped).toBe(lost);
    // Told once.
    flow.noteGaps();
    expect(flow.progress(0)).toMatchObject([{ skipped: lost }]);
  });

  it('while the store is away memory keeps so many keys and no more', async () => {
    const { window, flow, store } = follow({ inMemory: 2, slack: 1, inStore: 10 });
    store.isAway = true;
    window.add(batch([1, 2, 3, 4, 5, 1].map((id, offset) => change(offset, id))));
    await expect(flow.balance()).rejects.toThrow('away');
    expect([flow.waiting, flow.skipped]).toEqual([3, 2n]);
  });

  it('a log that turned out to be another before it is held: all that was verified counts as left out', () => {
    const { window, flow } = follow();
    flow.drop();
    window.add(batch([change(0, 1), change(1, 2)]));
    const other = new FollowedFlow(flow.watch, { context: 'inventory', table: 'inventory' }, new Shelf(), LIMITS);
    window.add(batch([change(0, 5), change(1, 6), change(2, 7)], { highWatermark: 1n }));
    other.hold([{ topic: TOPIC, part: 0, verifiedOffset: 2n, skipped: 0n, looks: [] }], new Map([[0, 3n]]));
    expect(other.skipped).toBe(1n);
    expect(other.next(10, new Map([[0, 9n]]), 0, false)).toEqual(['5', '6', '7']);
  });

  it('a change of another log waits, and none of the old', () => {
    const { window, flow } = follow();
    window.add(batch([change(0, 1), change(1, 2)]));
    window.add(batch([change(0, 5)], { highWatermark: 1n }));
    expect(flow.next(10, new Map([[0, 9n]]), 0, false)).toEqual(['5']);
  });
});

describe('keys of a partition that was taken over', () => {
  const applied = new Map([[0, 9n]]);

  it('wait until it has been read as far as its log went then', () => {
    const { window, flow } = follow(LIMITS, new Map([[0, 3n]]));
    window.add(batch([change(0, 1), change(1, 2)]));
    flow.noteGaps();
    expect(flow.next(10, applied, 0, false)).toEqual([]);
    window.add(batch([change(2, 3)]));
    flow.noteGaps();
    expect(flow.next(10, applied, 0, false)).toEqual(['1', '2', '3']);
  });

  it('wait no more once its log is another, however short', () => {
    const { window, flow } = follow(LIMITS, new Map([[0, 9n]]));
    window.add(batch([change(0, 1), change(1, 2)]));
    window.add(batch([change(0, 5)], { highWatermark: 1n }));
    expect(flow.next(10, applied, 0, false)).toEqual(['5']);
  });
});
