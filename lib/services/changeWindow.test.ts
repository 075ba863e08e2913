import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSnapshot } from '../core/consistency/snapshot.ts';
import type { SourceBatch, SourceRecord } from '../ports/eventSource.ts';
import { ChangeWindow } from './changeWindow.ts';
import { WindowMemory } from './windowMemory.ts';

const TOPIC = 'monolith.public.inventory';
const pause = (ms: number, signal: AbortSignal) => wait(ms, undefined, { signal }).catch(() => undefined);
const window = (maxBytes?: number) => {
  const made = new ChangeWindow({
    topic: TOPIC,
    columns: { key: ['id'], compared: ['quantity'] },
    pause,
    ...(maxBytes === undefined ? {} : { memory: new WindowMemory(maxBytes) }),
  });
  made.open(0, 0n);
  return made;
};

/** A change of row `id` written by transaction `tx`, which is also its place in the log. */
function change(offset: number, id: number, quantity: number | null, tx: number): SourceRecord {
  const row = { id, quantity };
  const value = {
    op: quantity === null ? 'd' : 'u',
    before: quantity === null ? row : null,
    after: quantity === null ? null : row,
    source: { ts_ms: 1_700_000_000_000 + tx, txId: tx, sequence: `["${tx * 10}","${tx * 10 + 5}"]`, snapshot: 'false' },
    ts_ms: 1_700_000_000_000 + tx,
  };
  return record(offset, JSON.stringify(value));
}

function record(offset: number, value: string | null): SourceRecord {
  return {
    offset: BigInt(offset),
    timestampMs: 1_700_000_000_000,
    key: null,
    value: value === null ? null : Buffer.from(value),
    headers: {},
  };
}

function batch(records: readonly SourceRecord[], over: Partial<SourceBatch> = {}): SourceBatch {
  const [first, last] = [records[0]?.offset ?? 0n, records.at(-1)?.offset ?? -1n];
  const nextOffset = last + 1n;
  return { topic: TOPIC, partition: 0, records, readFrom: first, nextOffset, highWatermark: nextOffset, ...over };
}

const held = (of: ChangeWindow, key: string) =>
  of.events(key).events.map(({ offset, after, repeat }) => `${offset}${repeat ? ' again' : ''} ${after}`);

describe('what a window holds', () => {
  it('keeps every event of a key, a delete and a repeat among them', () => {
    const w = window();
    w.add(batch([change(0, 1, 5, 1), change(1, 2, 9, 2), change(2, 1, 6, 3), record(3, null)]));
    w.add(batch([change(4, 1, 6, 3), change(5, 1, null, 4)]));
    expect(held(w, '1')).toEqual(['0 {"quantity":"5"}', '2 {"quantity":"6"}', '4 again {"quantity":"6"}', '5 null']);
    expect(w.partition(0)).toMatchObject({ base: 0n, end: 6n, lastCommitLsn: 40n, generation: 0 });
    expect([...(w.since(new Map([[0, 2n]])) ?? [])]).toEqual(['1']);
  });

  it.each([
    ['a gap', batch([change(9, 1, 6, 3)]), 9n, /offsets 2 to 8 were dropped/],
    ['another record at the end', batch([change(1, 7, 7, 7)]), 1n, /recreated/],
    ['a log that is shorter', batch([], { readFrom: 0n, nextOffset: 0n, highWatermark: 1n }), 0n, /recreated/],
    ['a record that is not JSON', batch([record(2, 'garbage')]), 3n, /offset 2 can't be read/],
    [
      'a record of another schema',
      batch([record(2, '{"op":"u","source":{"ts_ms":1},"after":{"id":1}}')]),
      3n,
      /quantity is missing/,
    ],
    ['a TRUNCATE', batch([record(2, '{"op":"t","source":{"ts_ms":1}}')]), 3n, /TRUNCATE came at partition 0, offset 2/],
  ])('begins again after %s', (_, breaking, base, cause) => {
    const w = window();
    w.add(batch([change(0, 1, 5, 1), change(1, 2, 9, 2)]));
    w.add(breaking);
    const partition = w.partition(0);
    expect(partition).toMatchObject({ base, generation: 1 });
    expect(partition?.cause).toMatch(cause);
    expect(held(w, '2')).toEqual([]);
    expect(w.since(new Map([[0, 0n]]))).toEqual(base === 0n ? new Set() : null);
  });

  it('no longer waits for a TRUNCATE of a log that is gone', () => {
    const w = window();
    w.add(batch([change(0, 1, 5, 1), record(1, '{"op":"t","source":{"ts_ms":1}}')]));
    expect(w.truncated).toMatchObject([{ part: 0, offset: 1n }]);
    w.partition(0)?.checkRange(0n, 1n);
    expect(w.truncated).toEqual([]);
  });

  it('takes a change that it can not hold for a dead record, and goes on with the next', () => {
    const w = window();
    const told: string[] = [];
    w.onChanges((changes) => void told.push(...changes.map(({ key }) => key)));
    w.add(batch([change(0, 1, 5, 1), change(1, 2, 9, 1.5), change(2, 3, 6, 3)]));
    expect(told).toEqual(['1', '3']);
    expect(w.partition(0)).toMatchObject({ base: 2n, end: 3n, lost: 1n, generation: 1 });
  });

  it('takes the last record coming again for what it is', () => {
    const w = window();
    w.add(batch([change(0, 1, 5, 1), change(1, 2, 9, 2)]));
    expect(w.partition(0)?.resumeAt).toBe(1n);
    w.add(batch([change(1, 2, 9, 2), change(2, 2, 10, 3)]));
    expect(held(w, '2')).toEqual(['1 {"quantity":"9"}', '2 {"quantity":"10"}']);
    expect(w.partition(0)?.generation).toBe(0);
  });

  it('says that a key has events in two partitions', () => {
    const w = window();
    w.open(1, 0n);
    w.add(batch([change(0, 1, 5, 1)]));
    expect(w.events('1').parts).toEqual([0]);
    w.add(batch([change(0, 1, 6, 2)], { partition: 1 }));
    expect(w.events('1').parts).toEqual([0, 1]);
  });
});

describe('the log that was verified before', () => {
  const log = [change(0, 1, 5, 1), change(1, 2, 9, 2), change(2, 1, 6, 3)];
  const verified = window();
  verified.add(batch(log.slice(0, 2)));
  const mark = verified.partition(0)?.markBelow(2n) ?? null;
  const reopened = (base: bigint) => {
    const w = new ChangeWindow({ topic: TOPIC, columns: { key: ['id'], compared: ['quantity'] }, pause });
    w.open(0, base, mark);
    return w;
  };

  it.each<[string, bigint, number]>([
    ['ends behind it', 2n, 0],
    ['ends before it, as another log does that was made meanwhile', 1n, 1],
  ])('%s when the partition is taken up', (_, high, replaced) => {
    const w = reopened(0n);
    expect(w.replaced).toBe(0);
    w.partition(0)?.checkRange(0n, high);
    expect(w.replaced).toBe(replaced);
    expect(w.partition(0)).toMatchObject({ generation: replaced, heldSince: replaced === 0 ? 'start' : 'unknown' });
    w.partition(0)?.checkRange(0n, high);
    expect(w.replaced).toBe(replaced);
  });

  it('is marked by its last record', () => {
    expect(mark).toMatchObject({ offset: 1n });
    expect(verified.partition(0)?.markBelow(1n)).toBeNull();
  });

  it.each<[string, bigint, SourceBatch, number]>([
    ['the record is there', 2n, batch(log.slice(1)), 1],
    ['the record is there, among history', 0n, batch(log), 1],
    ['the record has expired', 2n, batch(log.slice(2)), 1],
    ['another record is there', 2n, batch([change(1, 2, 10, 2), ...log.slice(2)]), 2],
    [
      'another record is there, among history',
      0n,
      batch([change(0, 7, 5, 1), change(1, 8, 9, 2), change(2, 9, 6, 3)]),
      2,
    ],
  ])('%s', (_, base, first, logs) => {
    const w = reopened(base);
    expect(w.partition(0)?.resumeAt).toBe(base < 1n ? base : 1n);
    w.add(first);
    expect(w.partition(0)).toMatchObject({
      logs,
      generation: logs - 1,
      base,
      end: 3n,
      lost: logs > 1 ? base + 1n : 0n,
    });
    if (logs > 1) expect(w.partition(0)?.cause).toMatch(/recreated: partition 0 holds another record at offset 1/);
    // Asked once: what comes later is the new log's.
    w.add(batch([change(3, 3, 1, 4)]));
    expect(w.partition(0)?.logs).toBe(logs);
  });
});

describe('what a window forgets', () => {
  const seen = (xmax: number, applied: bigint) => ({
    snapshot: parseSnapshot(`${xmax}:${xmax}:`),
    applied: new Map([[0, applied]]),
  });

  const changes = (count: number) => batch(Array.from({ length: count }, (_, i) => change(i, 1, i, i + 1)));
  const offsets = (w: ChangeWindow) => w.events('1').events.map(({ offset }) => Number(offset));

  it('of a settled key keeps the newest settled event, three before it and all after it', () => {
    const w = window();
    w.add(changes(8));
    // Seen up to the change at offset 6, applied up to that at 4.
    w.endLook(w.beginLook(), seen(8, 5n), ['1']);
    expect(offsets(w)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    // Applied to the end, seen up to that at 5.
    w.endLook(w.beginLook(), seen(7, 9n), ['1']);
    expect(offsets(w)).toEqual([2, 3, 4, 5, 6, 7]);
    expect(w.partition(0)?.base).toBe(0n);
  });

  it('forgets nothing that a look which began before may need', () => {
    const w = window();
    w.add(changes(8));
    const early = w.beginLook();
    w.endLook(w.beginLook(), seen(9, 9n), ['1']);
    expect(offsets(w)).toHaveLength(8);
    w.endLook(early, null, ['1']);
    expect(offsets(w)).toEqual([4, 5, 6, 7]);
  });

  it('when memory is short forgets settled keys first, and then moves its beginning', () => {
    const w = window(5_000);
    w.add(batch([change(0, 1, 5, 1), change(1, 2, 6, 2)]));
    w.endLook(w.beginLook(), seen(3, 2n), []);
    for (let i = 2; i < 12; i += 1) w.add(batch([change(i, i + 1, i, i + 1)]));
    expect(held(w, '1')).toEqual([]);
    const partition = w.partition(0);
    expect(partition).toMatchObject({ base: 2n, generation: 0 });
    for (let i = 12; i < 100; i += 1) w.add(batch([change(i, i + 1, i, i + 1)]));
    expect(partition?.generation).toBeGreaterThan(0);
    expect(partition?.bytes).toBeLessThanOrEqual(5_000);
    expect(partition?.cause).toMatch(/memory was short/);
    // The newest are there still, and no event below the beginning counts as held.
    expect(held(w, '100')).toHaveLength(1);
    expect(w.since(new Map([[0, 0n]]))).toBeNull();
  });
});

describe('however the log is cut into batches and repeated', () => {
  it('a window holds the same events', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 3 })), {
          minLength: 1,
          maxLength: 30,
        }),
        fc.array(fc.tuple(fc.nat(29), fc.nat(29)), { maxLength: 12 }),
        (rows, cuts) => {
          const log = rows.map(([id, quantity], i) => change(i, id, quantity, i + 1));
          const whole = window();
          whole.add(batch(log));
          const cut = window();
          for (const [from, length] of [...cuts, [0, 30]] as const) {
            // A reader may ask again for what it has, never for what it has not reached.
            const end = Number(cut.partition(0)?.end ?? 0n);
            const records = log.slice(Math.min(from, end), Math.min(from, end) + length);
            if (records.length > 0) cut.add(batch(records, { highWatermark: BigInt(log.length) }));
          }
          cut.add(
            batch(log.slice(Number(cut.partition(0)?.end ?? 0n)), {
              readFrom: cut.partition(0)?.end ?? 0n,
              highWatermark: BigInt(log.length),
              nextOffset: BigInt(log.length),
            }),
          );
          for (const key of ['1', '2', '3', '4']) expect(held(cut, key)).toEqual(held(whole, key));
          expect(cut.partition(0)).toMatchObject({ end: BigInt(log.length), generation: 0 });
        },
      ),
    );
  });
});
