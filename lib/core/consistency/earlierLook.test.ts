import { describe, expect, it } from 'vitest';
import { type EarlierLook, isAppliedWhileHeld, isUnwritten, isWrittenWhileHeld, reverseReads } from './earlierLook.ts';

const look = (xmin: bigint, applied: bigint, more: Partial<EarlierLook> = {}): EarlierLook => ({
  atMs: 0,
  xmin,
  xmax: xmin + 10n,
  applied: new Map([[0, applied]]),
  reverseEnds: new Map([[0, applied]]),
  writer: { xmax: xmin, ends: new Map() },
  ...more,
});
const LOOKS = [look(100n, 5n), look(200n, 8n)];
const READS = reverseReads(LOOKS);
const WRAPPED = 1n << 32n;

const change = (offset: bigint, part = 0) => ({ part, offset });

describe('a change that was not written into a row', () => {
  const wrapped = [look(WRAPPED + 100n, 5n)];
  it.each<[string, boolean, boolean]>([
    ['the row was there at the first look: from where the applier was then', isUnwritten(LOOKS, change(5n), 99n), true],
    ['one that the applier had passed then', isUnwritten(LOOKS, change(4n), 99n), false],
    ["not before the row's own transaction had ended for certain", isUnwritten(LOOKS, change(7n), 100n), false],
    ['it had ended at the next look', isUnwritten(LOOKS, change(8n), 100n), true],
    ["above a snapshot's xmin it may be the savepoint of one under way", isUnwritten(LOOKS, change(9n), 205n), false],
    ['the row was written since', isUnwritten(LOOKS, change(9n), 300n), false],
    ['a row of which nobody tells who wrote it', isUnwritten(LOOKS, change(9n), null), false],
    ['another partition, of which no look knows', isUnwritten(LOOKS, change(5n, 1), 99n), false],
    ['no look', isUnwritten([], change(5n), 99n), false],
    ['a 32-bit id of the epoch of the look', isUnwritten(wrapped, change(5n), 99n), true],
    ['a 32-bit id of the epoch before', isUnwritten(wrapped, change(5n), WRAPPED - 1n), true],
  ])('%s', (_, found, expected) => expect(found).toBe(expected));
});

describe('a change that was applied while every change of the follower is held', () => {
  const held = (offset: bigint, part = 0) => new Map([[part, offset]]);
  it.each<[string, boolean, boolean]>([
    ['since the look', isAppliedWhileHeld(LOOKS, held(5n), change(5n)), true],
    ['the applier had passed it', isAppliedWhileHeld(LOOKS, held(0n), change(4n)), false],
    ['they are held since a later look', isAppliedWhileHeld(LOOKS, held(8n), change(7n)), false],
    ['and the change came since that one too', isAppliedWhileHeld(LOOKS, held(8n), change(8n)), true],
    ['those of another partition', isAppliedWhileHeld(LOOKS, held(5n, 1), change(5n)), false],
    ['nobody captures them', isAppliedWhileHeld([look(100n, 5n, { reverseEnds: null })], held(5n), change(5n)), false],
  ])('%s', (_, found, expected) => expect(found).toBe(expected));
});

describe('a row written while every change of its side is held', () => {
  const heldFrom = (offset: bigint) => new Map([[0, offset]]);
  it.each<[string, boolean, boolean]>([
    ['after a look that had not read further', isWrittenWhileHeld(READS, heldFrom(5n), 110n), true],
    ['perhaps before the look', isWrittenWhileHeld(READS, heldFrom(5n), 109n), false],
    ['changes after the look are forgotten', isWrittenWhileHeld(READS, heldFrom(9n), 300n), false],
    ['a later look will do', isWrittenWhileHeld(READS, heldFrom(8n), 300n), true],
    [
      'its changes are not captured',
      isWrittenWhileHeld(reverseReads([look(100n, 5n, { reverseEnds: null })]), heldFrom(0n), 300n),
      false,
    ],
    ['a partition that no look knows', isWrittenWhileHeld(READS, new Map([[1, 0n]]), 300n), false],
  ])('%s', (_, found, expected) => expect(found).toBe(expected));
});
