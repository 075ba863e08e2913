import { describe, expect, it } from 'vitest';
import { type EarlierLook, isWrittenWhileHeld, reverseReads, unwrittenFrom } from './earlierLook.ts';

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

describe('from which change on nothing was written into a row', () => {
  it.each<[string, bigint | null, bigint | null]>([
    ['there at the first look: from where the applier was then', unwrittenFrom(LOOKS, 0, 99n), 5n],
    ['not before its own transaction had ended for certain', unwrittenFrom(LOOKS, 0, 100n), 8n],
    ["above a snapshot's xmin it may be the savepoint of one under way", unwrittenFrom(LOOKS, 0, 205n), null],
    ['written since', unwrittenFrom(LOOKS, 0, 300n), null],
    ['another partition, of which no look knows', unwrittenFrom(LOOKS, 1, 99n), null],
    ['no look', unwrittenFrom([], 0, 99n), null],
    ['a 32-bit id of the epoch of the look', unwrittenFrom([look(WRAPPED + 100n, 5n)], 0, 99n), 5n],
    ['a 32-bit id of the epoch before', unwrittenFrom([look(WRAPPED + 100n, 5n)], 0, WRAPPED - 1n), 5n],
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
