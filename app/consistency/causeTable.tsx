'use client';
import { useQueryStates } from 'nuqs';
import { formatCount } from '#lib/core/format/figure.ts';
import { formatWhen, type TimeZone } from '#lib/core/format/time.ts';
import { visibleText } from '#lib/core/format/visibleText.ts';
import type { DivergenceState } from '#lib/ports/readStore.ts';
import type { ShownCause } from '#lib/services/read/shownDivergence.ts';
import { consistencyParsers } from '#lib/url.ts';
import { LegBadge } from './legBadge.tsx';

interface CauseTableProps {
  readonly causes: readonly ShownCause[];
  readonly nowMs: number;
  readonly zone: TimeZone;
}

/** What the rows have in common, the largest group first; a cause opens its rows. */
export function CauseTable({ causes, nowMs, zone }: CauseTableProps) {
  const [, setFilter] = useQueryStates(consistencyParsers, { history: 'replace' });
  return (
    <table className="grid-table">
      <thead>
        <tr>
          <th className="num">Rows</th>
          <th>What is wrong</th>
          <th className="max-sm:hidden">State</th>
          <th>Leg</th>
          <th className="num max-md:hidden">Since</th>
          <th className="max-lg:hidden">Why we think so</th>
        </tr>
      </thead>
      <tbody>
        {causes.map((cause) => (
          <tr key={cause.id} className="relative hover:bg-surface-2">
            <td className="num font-medium">{formatCount(cause.keys.length)}</td>
            <td className="font-mono text-xs">
              <button
                type="button"
                data-row
                className="text-left break-words after:absolute after:inset-0"
                onClick={() => setFilter({ by: null, cause: cause.id })}
              >
                {visibleText(cause.text)}
              </button>
            </td>
            <td className="max-sm:hidden">{stateName(cause)}</td>
            <td>
              <LegBadge leg={cause.leg} />
            </td>
            <td className="num max-md:hidden">{formatWhen(Date.parse(cause.firstSeenAt), nowMs, zone)}</td>
            <td className="max-lg:hidden">{visibleText(cause.reason ?? 'not recorded')}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** `different`, `missing`, `extra`, or the state of a row that is not settled. */
export function stateName({
  state,
  kind,
}: {
  readonly state: DivergenceState | string;
  readonly kind: string;
}): string {
  return state === 'DIVERGED' ? kind : state.toLowerCase();
}
