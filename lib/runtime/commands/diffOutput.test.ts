import { describe, expect, it } from 'vitest';
import type { RowImage } from '../../core/consistency/row.ts';
import type { DiffProgress } from '../../services/diffTables.ts';
import { DiffProgressLine, summaryText, textLines } from './diffOutput.ts';
import { CLEARED } from './terminalBar.ts';

const row: RowImage = { tokens: ['1'], texts: ['1'], copies: 1 };
const at = (progress: Partial<DiffProgress>): DiffProgress => ({
  rows: 0n,
  compared: false,
  waiting: 0,
  different: 0,
  unsettled: 0,
  ...progress,
});

it.each<[string, Parameters<typeof textLines>[0], readonly string[]]>([
  ['a row of both sides', { key: '7', state: 'different', source: [row], target: [row] }, ['- 7', '+ 7']],
  ['a row of the first', { key: '7', state: 'different', source: [row], target: [] }, ['- 7']],
  ['a row of the second', { key: '7', state: 'different', source: [], target: [row] }, ['+ 7']],
  ['a row that is written', { key: '7', state: 'unsettled', source: [row], target: [row] }, ['? 7']],
  ['a key that would break the line', { key: 'a\nb', state: 'different', source: [row], target: [] }, ['- "a\\nb"']],
])('%s', (_, key, lines) => expect(textLines(key)).toEqual(lines));

describe('progress', () => {
  function drawn(isTTY: boolean, expected: number | null, columns?: number) {
    let nowMs = 0;
    let text = '';
    const out = {
      isTTY,
      ...(columns === undefined ? {} : { columns }),
      write: (more: string) => {
        text += more;
      },
    };
    const line = new DiffProgressLine(out, () => nowMs, expected);
    return {
      shownAt: (ms: number, progress: DiffProgress) => {
        nowMs = ms;
        text = '';
        line.show(progress);
        return text.replaceAll(CLEARED, '');
      },
      cleared: () => {
        text = '';
        line.clear();
        return text;
      },
    };
  }

  it('is a bar with rate and time left on a terminal', () => {
    const { shownAt } = drawn(true, 1_000_000);
    expect(shownAt(10_000, at({ rows: 250_000n, different: 2, waiting: 30 }))).toBe(
      '[██████··················] 25 % 250,000 of about 1,000,000 rows, 25,000 a second, 30 s left; 2 different, 30 settling',
    );
    expect(shownAt(10_050, at({ rows: 260_000n }))).toBe('');
    // The estimate was low: it is not done before it is.
    expect(shownAt(50_000, at({ rows: 1_200_000n }))).toContain(
      '99 % 1,200,000 of about 1,000,000 rows, 24,000 a second; ',
    );
    expect(shownAt(51_000, at({ rows: 1_200_000n, compared: true, unsettled: 1 }))).toContain(
      '100 % all 1,200,000 rows compared; 0 different, 0 settling, 1 unsettled',
    );
  });

  it('is a line every few seconds elsewhere, without a share where the size is not known', () => {
    const { shownAt } = drawn(false, null);
    expect(shownAt(1_000, at({ rows: 5_000n }))).toBe('');
    expect(shownAt(6_000, at({ rows: 60_000n }))).toBe('60,000 rows, 10,000 a second; 0 different, 0 settling\n');
  });

  it('fits into the width of a terminal, so that drawing it anew leaves nothing of it', () => {
    const { shownAt } = drawn(true, 1_000_000, 40);
    expect(shownAt(10_000, at({ rows: 250_000n }))).toBe('[██████··················] 25 % 250,000');
  });

  it('is only a line on a terminal where the size is not known', () => {
    expect(drawn(true, null).shownAt(1_000, at({ rows: 5_000n }))).toBe(
      '5,000 rows, 5,000 a second; 0 different, 0 settling',
    );
  });

  it.each([
    ['a bar is taken away, once', true, [CLEARED, '']],
    ['lines stay', false, ['', '']],
  ])('ends: %s', (_, isTTY, written) => {
    const { shownAt, cleared } = drawn(isTTY, 1_000);
    expect(cleared()).toBe('');
    expect(shownAt(6_000, at({ rows: 500n }))).not.toBe('');
    expect([cleared(), cleared()]).toEqual(written);
  });
});

it.each<[string, Partial<DiffProgress> & { complete?: boolean }, RegExp]>([
  ['equal', {}, /^2,000 rows compared in 1 s, 2,000 a second: no difference; .*was not written for 5 s$/],
  ['one key', { different: 1 }, /: 1 key different; a key is called different only if/],
  ['unsettled keys', { unsettled: 2 }, /: 0 keys different, 2 keys unsettled/],
  [
    'stopped',
    { complete: false, different: 3 },
    /^stopped after .*: 3 keys different so far, nothing is known about the rest$/,
  ],
])('sums up: %s', (_, found, text) => {
  const result = { ...at({ rows: 2_000n, compared: true, ...found }), complete: found.complete ?? true };
  expect(summaryText(result, 5_000, 1_000)).toMatch(text);
});
