import { legMeaning, legName } from './rowStates.ts';

/** The part of the way at which a divergence came about. */
export function LegBadge({ leg }: { leg: string }) {
  return (
    <span
      title={legMeaning(leg) ?? 'no leg is proved'}
      className="inline-flex rounded-full border border-line bg-surface px-2 text-xs whitespace-nowrap text-ink-2"
    >
      {legName(leg)}
    </span>
  );
}
