import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { PartReport } from '../ports/statusBoard.ts';
import { keptReports } from './keptReports.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it('repeats the newest report of the parts asked for until it is stopped', () => {
  const said: string[] = [];
  const kept = keptReports({ report: ({ part, detail }) => void said.push(`${part} ${detail}`) }, 'verify:');
  const report = (part: string, detail: string): void =>
    kept.report({ part, state: 'ok', detail } satisfies PartReport);
  report('verify:a/t', '1');
  report('verify:a/t', '2');
  report('database:a', '1');
  said.length = 0;
  vi.advanceTimersByTime(10_000);
  expect(said).toEqual(['verify:a/t 2', 'verify:a/t 2']);
  kept.stop();
  vi.advanceTimersByTime(60_000);
  expect(said).toHaveLength(2);
});
