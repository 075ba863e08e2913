import { expect, it } from 'vitest';
import { passExit } from './passExit.ts';

const clean = { cleanPass: true, diverged: 0n };
const divergent = { cleanPass: false, diverged: 3n };
const waiting = { cleanPass: false, diverged: 0n };

it.each([
  ['all clean', [clean, clean], 0],
  ['one divergent', [clean, divergent, waiting], 1],
  ['one waits', [clean, waiting], 2],
  ['cleanness not known', [{ cleanPass: null, diverged: 0n }], 2],
  ['no table at all is no proof', [], 2],
])('%s', (_, passes, code) => {
  expect(passExit(passes)).toBe(code);
});
