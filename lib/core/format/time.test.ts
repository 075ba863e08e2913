import { expect, it } from 'vitest';
import { formatClock, formatInstant, formatWhen } from './time.ts';

const AT = Date.UTC(2026, 10, 21, 9, 4, 5);

it.each([
  ['a clock', formatClock(AT, 'utc'), '09:04:05'],
  ['a clock without seconds', formatClock(AT, 'utc', false), '09:04'],
  ['an instant names its zone', formatInstant(AT, 'utc'), '2026-11-21 09:04:05 UTC'],
  ['today is the clock alone', formatWhen(AT, AT + 3_600_000, 'utc'), '09:04:05'],
  ['another day has its date', formatWhen(AT, AT + 86_400_000, 'utc'), '11-21 09:04'],
])('%s', (_name, text, expected) => expect(text).toBe(expected));
