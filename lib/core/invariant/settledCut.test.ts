import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSnapshot } from '../consistency/snapshot.ts';
import { isOneCut } from './settledCut.ts';

const at = (from: bigint, to = from) => new Map([[0, { from, to }]]);
const event = (offset: bigint, txId: bigint | null) => ({ part: 0, offset, txId, wasSeen: false });
// Transactions 1 to 4 and 6 are seen, 5 still runs.
const snapshot = parseSnapshot('5:7:5');

describe('reads of two databases are at one cut', () => {
  it.each([
    ['nothing changed', at(0n), [], true],
    ['seen and applied', at(1n), [event(0n, 4n)], true],
    ['seen, not yet applied', at(0n), [event(0n, 4n)], false],
    ['applied, and not seen', at(1n), [event(0n, 8n)], false],
    ['applied, and not seen by a snapshot that passes over it', at(2n), [event(0n, 6n), event(1n, 5n)], false],
    ['neither seen nor applied', at(1n), [event(0n, 4n), event(1n, 5n)], true],
    ['seen, applied or not', at(0n, 1n), [event(0n, 4n)], false],
    ['no position at all and a change seen', new Map(), [event(0n, 4n)], false],
    ['a change without its transaction', at(1n), [event(0n, null)], false],
    ['a row of the capture snapshot, applied', at(1n), [{ ...event(0n, null), wasSeen: true }], true],
    ['a row of the capture snapshot, not yet applied', at(0n), [{ ...event(0n, null), wasSeen: true }], false],
  ])('%s', (_, applied, events, expected) => {
    expect(isOneCut(snapshot, applied, events)).toBe(expected);
  });

  it('says so only where writer and follower hold the same sum', () => {
    const changes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(changes, fc.nat(12), fc.nat(12), (amounts, seen, applied) => {
        const events = amounts.map((_, i) => event(BigInt(i), BigInt(i + 1)));
        const sumOf = (count: number) => amounts.slice(0, count).reduce((sum, amount) => sum + amount, 0);
        const one = isOneCut(parseSnapshot(`${seen + 1}:${seen + 1}:`), at(BigInt(applied)), events);
        return one === (sumOf(seen) === sumOf(applied));
      }),
    );
  });
});
