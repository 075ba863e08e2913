import { describe, expect, it } from 'vitest';
import type { RowVerdict } from '../core/consistency/rowVerdict.ts';
import type { KeyFinding } from '../ports/verifyStore.ts';
import { UnwrittenVerdicts } from './unwrittenVerdicts.ts';

const found = (verdict: RowVerdict, judgedAtMs: number): KeyFinding => {
  return { key: '7', verdict, judgedAtMs, kind: 'different', leg: 'unknown', columns: [], detail: {} };
};

function take(verdicts: UnwrittenVerdicts, told: readonly (readonly [RowVerdict, number])[]): UnwrittenVerdicts {
  for (const [verdict, atMs] of told) {
    if (verdict === 'CLEAN') verdicts.addClean('7', atMs);
    else verdicts.add(found(verdict, atMs));
  }
  return verdicts;
}

function written({ proved, clean, open }: UnwrittenVerdicts) {
  const short = ({ verdict, judgedAtMs }: KeyFinding) => `${verdict} ${judgedAtMs}`;
  return { proved: proved.map(short), clean: [...clean.values()], open: open.map(short) };
}

describe('verdicts on one key between two commits', () => {
  it.each([
    [
      'diverged, then clean',
      [
        ['DIVERGED', 1],
        ['CLEAN', 2],
      ],
      { proved: ['DIVERGED 1'], clean: [2], open: [] },
    ],
    [
      'clean, then diverged',
      [
        ['CLEAN', 1],
        ['DIVERGED', 2],
      ],
      { proved: [], clean: [1], open: ['DIVERGED 2'] },
    ],
    [
      'diverged, then not settled',
      [
        ['DIVERGED', 1],
        ['STALLED', 2],
      ],
      { proved: [], clean: [], open: ['DIVERGED 1'] },
    ],
    [
      'not settled, then clean',
      [
        ['PENDING', 1],
        ['CLEAN', 2],
      ],
      { proved: [], clean: [2], open: [] },
    ],
    [
      'told late of a time before it was clean',
      [
        ['CLEAN', 2],
        ['DIVERGED', 1],
      ],
      { proved: ['DIVERGED 1'], clean: [2], open: [] },
    ],
    [
      'a clean look that is older',
      [
        ['DIVERGED', 2],
        ['CLEAN', 1],
      ],
      { proved: [], clean: [1], open: ['DIVERGED 2'] },
    ],
  ] as const)('%s', (_, told, expected) => {
    expect(written(take(new UnwrittenVerdicts(), told))).toEqual(expected);
  });

  it('a commit that failed gives back a divergence as older than the clean look since', () => {
    const back = take(new UnwrittenVerdicts(), [['DIVERGED', 1]]);
    back.addAll(take(new UnwrittenVerdicts(), [['CLEAN', 2]]));
    expect(written(back)).toEqual({ proved: ['DIVERGED 1'], clean: [2], open: [] });
  });
});
