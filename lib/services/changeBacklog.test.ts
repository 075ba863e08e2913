import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChangeBacklog } from './changeBacklog.ts';
import type { WindowEvent } from './windowEvent.ts';

const change = (key: string, offset: number, op: WindowEvent['op'] = 'u') => ({
  key,
  offset: BigInt(offset),
  op,
  sourceTsUs: offset * 10,
});
const event = (key: string, offset: number): WindowEvent => ({
  ...change(key, offset),
  part: 0,
  txId: null,
  position: null,
  after: null,
  repeat: false,
  byApplier: false,
  headers: {},
  bytes: 0,
});
const taken = (backlog: ChangeBacklog, below: number, nowMs = 0, again = false) =>
  backlog.take(10, BigInt(below), nowMs, again).map(({ key }) => key);

describe('what waits', () => {
  it('gives each key once, only below the position, and not while it is looked at', () => {
    const backlog = new ChangeBacklog();
    for (const [key, offset] of [
      ['a', 1],
      ['b', 2],
      ['a', 3],
      ['c', 4],
    ] as const)
      backlog.add(change(key, offset));
    expect(taken(backlog, 4)).toEqual(['a', 'b']);
    expect(taken(backlog, 9)).toEqual(['c']);
    expect(taken(backlog, 9)).toEqual([]);
  });

  it('keeps a key that changed past what the verdict covers, from its next change on', () => {
    const backlog = new ChangeBacklog();
    for (const offset of [1, 5, 8]) backlog.add(change('a', offset));
    expect(backlog.settle('a', 5n, [event('a', 1), event('a', 5), event('a', 8)])).toMatchObject({
      first: 1n,
      firstTsUs: 10,
    });
    expect(backlog.verifiedTo(9n)).toBe(5n);
    expect(backlog.settle('a', 9n, [])).toMatchObject({ first: 5n, firstTsUs: 50 });
    expect(backlog.size).toBe(0);
    expect(backlog.verifiedTo(9n)).toBe(9n);
  });

  it('knows no commit time of a row that a snapshot read, and that of its first change after', () => {
    const backlog = new ChangeBacklog();
    for (const each of [change('a', 1, 'r'), change('a', 5)]) backlog.add(each);
    expect(backlog.settle('a', 2n, [event('a', 5)])).toMatchObject({ first: 1n, firstTsUs: null });
    expect(backlog.settle('a', 9n, [])).toMatchObject({ first: 5n, firstTsUs: 50 });
  });

  it('ends no wait by a verdict that covers none of it', () => {
    const backlog = new ChangeBacklog();
    backlog.add(change('a', 7));
    expect(backlog.settle('a', 7n, [event('a', 7)])).toBeNull();
    expect(backlog.verifiedTo(9n)).toBe(7n);
  });

  it('looks again later, and later each time', () => {
    const backlog = new ChangeBacklog();
    backlog.add(change('a', 1));
    expect(taken(backlog, 9, 0)).toEqual(['a']);
    backlog.putOff('a', 0);
    expect(taken(backlog, 9, 500)).toEqual([]);
    expect(taken(backlog, 9, 99, true)).toEqual([]);
    expect(taken(backlog, 9, 100, true)).toEqual(['a']);
    backlog.putOff('a', 100);
    expect(taken(backlog, 9, 299, true)).toEqual([]);
    expect(taken(backlog, 9, 300, true)).toEqual(['a']);
  });

  it('sheds the newest keys, never one that is looked at', () => {
    const backlog = new ChangeBacklog();
    for (const [i, key] of ['a', 'b', 'c', 'd'].entries()) backlog.add(change(key, i));
    taken(backlog, 1);
    expect(backlog.shed(2).map(({ key }) => key)).toEqual(['d', 'c']);
    expect(backlog.shed(9).map(({ key }) => key)).toEqual(['b']);
    expect(backlog.has('a')).toBe(true);
  });
});

it('never says that a change is verified which no verdict has covered', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('change' as const), key: fc.constantFrom('a', 'b', 'c') }),
    fc.record({ kind: fc.constant('verdict' as const), key: fc.constantFrom('a', 'b', 'c'), back: fc.nat(4) }),
    fc.record({ kind: fc.constant('shed' as const), count: fc.nat(2) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const backlog = new ChangeBacklog();
      const log: WindowEvent[] = [];
      /** Offsets that no verdict has covered. */
      const open = new Map<number, string>();
      const elsewhere: { first: bigint }[] = [];
      for (const each of steps) {
        if (each.kind === 'change') {
          open.set(log.length, each.key);
          log.push(event(each.key, log.length));
          backlog.add(change(each.key, log.length - 1));
        } else if (each.kind === 'verdict') {
          const covered = Math.max(0, log.length - each.back);
          if (!backlog.has(each.key)) continue;
          for (const [offset, key] of open) if (key === each.key && offset < covered) open.delete(offset);
          backlog.settle(
            each.key,
            BigInt(covered),
            log.filter(({ key }) => key === each.key),
          );
        } else {
          elsewhere.push(...backlog.shed(each.count));
        }
        const least = [...open.keys()].reduce((a, b) => Math.min(a, b), log.length);
        const said = elsewhere.reduce(
          (a, { first }) => (first < a ? first : a),
          backlog.verifiedTo(BigInt(log.length)),
        );
        expect(said <= BigInt(least)).toBe(true);
      }
    }),
  );
});
