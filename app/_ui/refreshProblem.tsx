'use client';
import { formatClock, type TimeZone } from '#lib/core/format/time.ts';
import { Banner } from './banner.tsx';

/** Over a page whose refresh fails: what it shows is old. */
export function RefreshProblem({
  problem,
  refreshedAtMs,
  zone,
}: {
  problem: string | null;
  refreshedAtMs: number;
  zone: TimeZone;
}) {
  if (problem === null) return null;
  return (
    <Banner word="error">
      <b className="font-semibold">This page can't be refreshed.</b> {problem}. It shows what was known at{' '}
      {formatClock(refreshedAtMs, zone)}.
    </Banner>
  );
}
