import { expect, it } from 'vitest';
import { formatCount, formatMs, formatQuantile, formatRate, formatShare, formatSpan, formatTime } from './figures.ts';

it.each([
  [0, '0 %'],
  [1, '100 %'],
  [0.0073, '0.73 %'],
  [0.01, '1 %'],
  [1e-4, '0.01 %'],
  [0.9999, '99.99 %'],
  [0.99997, '99.997 %'],
  [0.9927, '99.27 %'],
  [2.2e-7, '0.000022 %'],
  [0.5, '50 %'],
])('share %d reads %s', (share, text) => expect(formatShare(share)).toBe(text));

it.each([
  [1, '1 s'],
  [45.2, '46 s'],
  [848, '14 min'],
  [12_000, '3 h 20 min'],
  [86_400, '24 h'],
  [12 * 86_400, '12 days'],
])('span %d s reads %s', (seconds, text) => expect(formatSpan(seconds)).toBe(text));

it.each([
  [16, '16 a second'],
  [1234, '1,234 a second'],
  [2.25, '2.3 a second'],
  [0.5, '30 a minute'],
  [0.001, '3.6 an hour'],
  [0.00002, '1.7 a day'],
])('rate %d reads %s', (rate, text) => expect(formatRate(rate)).toBe(text));

it('writes counts, limits, quantiles and times', () => {
  expect([formatCount(4219), formatCount(12), formatCount(1e6)]).toEqual(['4,219', '12', '1,000,000']);
  expect([formatMs(50), formatMs(1000), formatMs(1500)]).toEqual(['50 ms', '1 s', '1.5 s']);
  expect([formatQuantile(0.99), formatQuantile(0.999)]).toEqual(['p99', 'p99.9']);
  const at = Date.UTC(2026, 10, 21, 9, 14, 59);
  expect(formatTime(at, at + 1000)).toBe('09:14 UTC');
  expect(formatTime(at, at + 86_400_000)).toBe('2026-11-21 09:14 UTC');
});
