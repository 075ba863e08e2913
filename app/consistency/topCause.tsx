'use client';
import { useQueryStates } from 'nuqs';
import { formatCount } from '#lib/core/format/figure.ts';
import { visibleText } from '#lib/core/format/visibleText.ts';
import type { ShownCause } from '#lib/services/read/shownDivergence.ts';
import { consistencyParsers } from '#lib/url.ts';
import { legName } from './rowStates.ts';

/** The cause that most proved rows share, in one sentence with a way to them; nothing if no two share one. */
export function TopCause({ causes }: { causes: readonly ShownCause[] }) {
  const [, setFilter] = useQueryStates(consistencyParsers, { history: 'replace' });
  const top = causes.find(({ state }) => state === 'DIVERGED');
  if (top === undefined || top.keys.length < 2) return null;
  const n = formatCount(top.keys.length);
  return (
    <p className="mt-1 max-w-[76ch] text-ink-2">
      {n} of them have the same cause: <b className="font-semibold text-ink">{visibleText(top.text)}</b>
      {top.leg === 'unknown' ? '' : `, by ${legName(top.leg)}`}.{' '}
      <button type="button" className="link" onClick={() => setFilter({ by: null, kind: null, cause: top.id })}>
        Show these {n}
      </button>
    </p>
  );
}
