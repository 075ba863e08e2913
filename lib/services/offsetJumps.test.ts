import { expect, it } from 'vitest';
import { type Fate, jumpsIn } from './offsetJumps.ts';

/** One letter a change, from offset 10 on: a applied, m missed (each of a key of its own), M missed of key k, u unknown, . forgotten. */
const fates = (text: string): Fate[] =>
  [...text]
    .map((letter, i) => ({
      letter,
      offset: BigInt(10 + i),
      key: letter === 'M' ? 'k' : String(i),
      fate: letter === 'a' ? ('applied' as const) : letter === 'u' ? ('unknown' as const) : ('missed' as const),
    }))
    .filter(({ letter }) => letter !== '.');

it.each([
  ['nothing missed', 'aaaa', []],
  ['a single change skipped', 'aamaa', []],
  ['every fifth change dropped', 'aaaamaaaamaaaamaaaam', []],
  ['a run of neighbours', 'aammmmaa', [[12, 16]]],
  ['a run at the ends of what is held', 'mmm', [[10, 13]]],
  ['a run with a change that says nothing', 'ammuma', [[11, 15]]],
  ['what says nothing at the edges is no part of it', 'auummmua', [[13, 16]]],
  ['many changes of one key', 'aMMMMa', []],
  ['skips far apart, of which nothing between is held any more', 'am.....m......m...a', []],
  ['a run with a single skip far before it', 'amuuuuuuuuuummmmua', [[22, 26]]],
  ['more silence than proof', 'amuuumuuuma', []],
  [
    'two runs',
    'mmmammm',
    [
      [10, 13],
      [14, 17],
    ],
  ],
])('%s', (_, text, expected) => {
  expect(jumpsIn(fates(text)).map(({ from, to }) => [Number(from), Number(to)])).toEqual(expected);
});
