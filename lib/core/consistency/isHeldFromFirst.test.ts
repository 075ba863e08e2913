import { expect, it } from 'vitest';
import type { EarlierLook } from './earlierLook.ts';
import type { PartitionEvidence } from './flowEvidence.ts';
import { isHeldFromFirst } from './isHeldFromFirst.ts';
import { flow } from './ruleTestEvidence.ts';

/** Held from offset 5 on, which was fixed before transaction 50. */
const LATE = { baseline: { offset: 5n, transactionId: 50n }, heldSince: 'unknown' } as const;
const look = (ends: bigint, xmax: bigint): EarlierLook => ({
  atMs: 0,
  xmin: 0n,
  xmax: 0n,
  applied: new Map(),
  reverseEnds: null,
  writer: { xmax, ends: new Map([[0, ends]]) },
});

function held(own: Partial<PartitionEvidence>, txId: bigint | null, ...looks: EarlierLook[]): boolean {
  return isHeldFromFirst(flow({ looks }, own), { part: 0, txId });
}
function heldOfTwo(own: Partial<PartitionEvidence>, other: Partial<PartitionEvidence>, grown = true): boolean {
  const partitions = [own, { ...other, part: 1 }].flatMap((each) => flow({}, each).partitions);
  return isHeldFromFirst(flow({ grown, partitions }), { part: 0, txId: 50n });
}

it.each<[string, boolean, boolean]>([
  ['of a topic that is held from its very first record', held({}, null), true],
  ['of one that was made anew: it may have come in the old log', held({ heldSince: 'unknown' }, null), false],
  ['begun when it was fixed from where on all is held', held(LATE, 49n), false],
  ['the first that had not', held(LATE, 50n), true],
  ['which does not name its transaction', held(LATE, null), false],
  ['where nothing is fixed yet', held({ baseline: null }, 60n), false],
  ['that had not begun at a look that had read as far', held(LATE, 40n, look(5n, 40n)), true],
  ['at one that had read less', held(LATE, 40n, look(4n, 40n)), false],
  ['that had begun at the look', held(LATE, 39n, look(5n, 40n)), false],
  ['of a topic that has grown, where every partition is held from before it', heldOfTwo(LATE, LATE), true],
  [
    'of one where another partition is held only since',
    heldOfTwo(LATE, { ...LATE, baseline: { offset: 5n, transactionId: 51n } }),
    false,
  ],
  [
    'of one that has not grown: other partitions do not matter',
    heldOfTwo(LATE, { ...LATE, baseline: null }, false),
    true,
  ],
])('a change %s', (_, found, expected) => expect(found).toBe(expected));
