import { describe, expect, it } from 'vitest';
import { isPlausibleMs, isTooLong } from './bounds.ts';

describe('bounds of what a fact may hold', () => {
  const times: [what: string, ms: number, plausible: boolean][] = [
    ['1970', 0, true],
    ['before it', -1, false],
    ['the last moment of 2199', Date.UTC(2200, 0, 1) - 1, true],
    ['2200', Date.UTC(2200, 0, 1), false],
    ['no number', Number.NaN, false],
  ];
  it.each(times)('time: %s', (_what, ms, plausible) => expect(isPlausibleMs(ms)).toBe(plausible));

  const ids: [what: string, id: string, tooLong: boolean][] = [
    ['512 bytes', 'x'.repeat(512), false],
    ['513 bytes', 'x'.repeat(513), true],
    ['512 bytes in 256 characters', 'é'.repeat(256), false],
    ['514 bytes in 257 characters', 'é'.repeat(257), true],
  ];
  it.each(ids)('id: %s', (_what, id, tooLong) => expect(isTooLong(id)).toBe(tooLong));
});
