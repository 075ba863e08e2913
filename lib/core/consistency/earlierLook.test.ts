import { describe, expect, it } from 'vitest';
import { type EarlierLook, isWrittenWhileHeld, unwrittenFrom } from './earlierLook.ts';

const look = (xmin: bigint, applied: bigint, more: Partial<EarlierLook> = {}): EarlierLook => ({
  xmin,
  xmax: xmin + 10n,
  applied: new Map([[0, applied]]),
  reverseEnds: new Map([[0, applied]]),
  ...more,
});
const LOOKS = [look(100n, 5n), look(200n, 8n)];
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
    ['after a look that had not read further', isWrittenWhileHeld(LOOKS, heldFrom(5n), 110n), true],
    ['perhaps before the look', isWrittenWhileHeld(LOOKS, heldFrom(5n), 109n), false],
    ['changes after the look are forgotten', isWrittenWhileHeld(LOOKS, heldFrom(9n), 300n), false],
    ['a later look will do', isWrittenWhileHeld(LOOKS, heldFrom(8n), 300n), true],
    [
      'its changes are not captured',
      isWrittenWhileHeld([look(100n, 5n, { reverseEnds: null })], heldFrom(0n), 300n),
      false,
    ],
    ['a partition that no look knows', isWrittenWhileHeld(LOOKS, new Map([[1, 0n]]), 300n), false],
  ])('%s', (_, found, expected) => expect(found).toBe(expected));
});
