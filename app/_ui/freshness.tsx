'use client';
import { formatClock, type TimeZone } from '#lib/core/format/time.ts';
import { Age } from './age.tsx';

interface FreshnessProps {
  readonly asOf: string | null;
  readonly ages: {
    readonly changeEventAt: string | null;
    readonly spanAt: string | null;
    readonly comparisonAt: string | null;
  };
  readonly nowMs: number;
  readonly zone: TimeZone;
}

/** When the verdict was reached, and how old each source's newest evidence is. */
export function Freshness({ asOf, ages, nowMs, zone }: FreshnessProps) {
  const old = (at: string | null) => <Age at={at} nowMs={nowMs} zone={zone} unknown="nothing yet" suffix=" old" />;
  return (
    <>
      {asOf === null
        ? 'Never evaluated'
        : `As of ${formatClock(Date.parse(asOf), zone)}${zone === 'utc' ? ' UTC' : ''}`}
      {' · CDC '}
      {old(ages.changeEventAt)}
      {' · traces '}
      {old(ages.spanAt)}
      {' · comparison '}
      {old(ages.comparisonAt)}
    </>
  );
}
