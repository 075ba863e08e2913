'use client';
import { ChevronDown, ChevronRight } from 'lucide-react';
import { Fragment } from 'react';
import { formatInstant, formatWhen, type TimeZone } from '#lib/core/format/time.ts';
import { visibleText } from '#lib/core/format/visibleText.ts';
import type { ShownDivergence } from '#lib/services/read/shownDivergence.ts';
import { Age } from '../_ui/age.tsx';
import { Status } from '../_ui/status.tsx';
import { stateName } from './causeTable.tsx';
import { LegBadge } from './legBadge.tsx';
import { RowPanel } from './rowPanel.tsx';
import { kindOf, ROW_STATES } from './rowStates.ts';
import type { OpenRow } from './useOpenRow.ts';

interface DivergenceTableProps {
  readonly rows: readonly ShownDivergence[];
  readonly open: OpenRow;
  readonly unmasked: boolean;
  readonly nowMs: number;
  readonly zone: TimeZone;
}

/** One line a row; the open one shows its two sides below. */
export function DivergenceTable({ rows, open, unmasked, nowMs, zone }: DivergenceTableProps) {
  return (
    <table className="grid-table">
      <thead>
        <tr>
          <th>Key</th>
          <th>State</th>
          <th className="max-md:hidden">Columns</th>
          <th className="num max-md:hidden">First seen</th>
          <th className="num">Age</th>
          <th className="max-sm:hidden">Leg</th>
          <th className="max-xl:hidden">Why we think so</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => {
          const isOpen = open.isOpen(row);
          const Icon = isOpen ? ChevronDown : ChevronRight;
          return (
            <Fragment key={`${row.context}/${row.table}/${row.key}@${row.firstSeenAt}`}>
              <tr className={`relative hover:bg-surface-2 ${isOpen ? 'bg-surface-2' : ''}`}>
                <td className="font-mono text-xs">
                  <button
                    type="button"
                    data-row
                    aria-expanded={isOpen}
                    className="inline-flex items-center gap-1 text-left break-all after:absolute after:inset-0"
                    onClick={() => open.toggle(row)}
                  >
                    <Icon size={13} aria-hidden className="flex-none" />
                    <span className="min-w-[9ch]">{visibleText(row.key)}</span>
                  </button>
                </td>
                <td>
                  <Status word={ROW_STATES[kindOf(row)].word} label={stateName(row)} />
                </td>
                <td className="font-mono text-xs max-md:hidden">{row.columns.map(visibleText).join(', ') || '–'}</td>
                <td className="num max-md:hidden">
                  <time dateTime={row.firstSeenAt} title={formatInstant(Date.parse(row.firstSeenAt), zone)}>
                    {formatWhen(Date.parse(row.firstSeenAt), nowMs, zone)}
                  </time>
                </td>
                <td className="num">
                  <Age at={row.firstSeenAt} nowMs={nowMs} zone={zone} />
                </td>
                <td className="max-sm:hidden">
                  <LegBadge leg={row.leg} />
                </td>
                <td className="max-xl:hidden">{visibleText(row.detail.reason ?? 'not recorded')}</td>
              </tr>
              {isOpen ? (
                <tr className="bg-surface-2">
                  <td colSpan={7} className="!border-t-0 !pt-0 !pb-3.5">
                    {/* As wide as the table, and no reason for it to be wider. */}
                    <div className="w-0 min-w-full">
                      <RowPanel place={row} unmasked={unmasked} nowMs={nowMs} zone={zone} />
                    </div>
                  </td>
                </tr>
              ) : null}
            </Fragment>
          );
        })}
      </tbody>
    </table>
  );
}
