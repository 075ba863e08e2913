'use client';
import { useEffect, useState } from 'react';
import { formatSpan } from '#lib/core/format/figure.ts';
import { formatInstant, type TimeZone } from '#lib/core/format/time.ts';

/** The reader's clock, ticking once a second; the server's until the page is alive. */
export function useNow(servedAtMs: number): number {
  const [nowMs, setNowMs] = useState(servedAtMs);
  useEffect(() => {
    const tick = () => setNowMs(Date.now());
    tick();
    const timer = setInterval(tick, 1000);
    return () => clearInterval(timer);
  }, []);
  return nowMs;
}

interface AgeProps {
  readonly at: string | null;
  readonly nowMs: number;
  readonly zone: TimeZone;
  /** What stands for an unknown time. */
  readonly unknown?: string;
  readonly suffix?: string;
}

/** How long ago, with the exact time on hover. */
export function Age({ at, nowMs, zone, unknown = 'never', suffix = '' }: AgeProps) {
  if (at === null) return <>{unknown}</>;
  const atMs = Date.parse(at);
  return (
    <time dateTime={at} title={formatInstant(atMs, zone)} className="tabular-nums">
      {formatSpan(nowMs - atMs)}
      {suffix}
    </time>
  );
}
