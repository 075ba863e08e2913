import { expect, it } from 'vitest';
import { retryAfterSec } from './retryAfterSec.ts';

const NOW_MS = Date.parse('2026-11-21T12:00:00Z');

it.each([
  ['seconds', '120', 120],
  ['an HTTP date', 'Sat, 21 Nov 2026 12:01:30 GMT', 90],
  ['a date that is past', 'Fri, 20 Nov 2026 12:00:00 GMT', 0],
  ['no header', undefined, null],
  ['a header given twice', ['1', '2'], null],
  ['a negative number', '-5', null],
  ['words', 'soon', null],
])('reads %s', (_name, header, expected) => {
  expect(retryAfterSec(header, NOW_MS)).toBe(expected);
});
