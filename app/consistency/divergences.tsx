'use client';
import { ChevronDown, ChevronRight } from 'lucide-react';
import { useQueryStates } from 'nuqs';
import { Fragment } from 'react';
import { formatInstant, formatWhen, type TimeZone } from '#lib/core/format/time.ts';
import { visibleText } from '#lib/core/format/visibleText.ts';
import type { DivergenceRow } from '#lib/ports/readStore.ts';
import type { TableConsistency } from '#lib/services/read/readConsistency.ts';
import { consistencyParsers } from '#lib/url.ts';
import { Age } from '../_ui/age.tsx';
import { Button } from '../_ui/button.tsx';
import { CsvButton } from '../_ui/csvButton.tsx';
import { EmptyState } from '../_ui/emptyState.tsx';
import { Panel } from '../_ui/panel.tsx';
import { RowDiff } from './rowDiff.tsx';
import { groupByCause } from './tableSummary.ts';

interface DivergencesProps {
  readonly rows: readonly DivergenceRow[];
  readonly all: readonly DivergenceRow[];
  readonly tables: readonly TableConsistency[];
  readonly truncated: boolean;
  readonly nowMs: number;
  readonly zone: TimeZone;
}

/** The rows that are not clean, by row or by cause, each with its diff. */
export function Divergences({ rows, all, tables, truncated, nowMs, zone }: DivergencesProps) {
  const [{ by, row: openRow }, setFilter] = useQueryStates(consistencyParsers, { history: 'replace' });
  const causes = groupByCause(rows);
  return (
    <Panel
      title="Rows that are not clean"
      filters={
        <>
          <Button small aria-pressed={by === 'row'} onClick={() => setFilter({ by: null })}>
            By row {rows.length}
          </Button>
          <Button small aria-pressed={by === 'cause'} onClick={() => setFilter({ by: 'cause' })}>
            By cause {causes.length}
          </Button>
        </>
      }
      actions={<CsvButton fileName="divergences.csv" rows={() => csvOf(rows)} />}
    >
      {rows.length === 0 ? (
        <EmptyState
          word={all.length === 0 ? 'pass' : 'not_started'}
          title={all.length === 0 ? 'Nothing is wrong' : 'No row is in this state'}
        >
          {all.length === 0
            ? 'No row is known to differ, and none is in flight. How much was compared stands beside.'
            : 'Choose another state above.'}
        </EmptyState>
      ) : by === 'cause' ? (
        <table className="grid-table">
          <thead>
            <tr>
              <th className="num">Rows</th>
              <th>Leg</th>
              <th>Columns</th>
              <th>Why we think so</th>
            </tr>
          </thead>
          <tbody>
            {causes.map((cause) => (
              <tr key={cause.key}>
                <td className="num font-medium">{cause.rows.length}</td>
                <td>
                  <Leg leg={cause.leg} />
                </td>
                <td className="font-mono text-xs">{cause.columns || '–'}</td>
                <td>{visibleText(cause.reason)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
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
              const id = `${row.context}/${row.table}/${row.key}`;
              const isOpen = openRow === id;
              const Icon = isOpen ? ChevronDown : ChevronRight;
              return (
                <Fragment key={`${id}@${row.firstSeenAt}`}>
                  <tr className={`relative hover:bg-surface-2 ${isOpen ? 'bg-surface-2' : ''}`}>
                    <td className="font-mono text-xs whitespace-nowrap">
                      <button
                        type="button"
                        data-row
                        aria-expanded={isOpen}
                        className="inline-flex items-center gap-1 after:absolute after:inset-0"
                        onClick={() => setFilter({ row: isOpen ? null : id })}
                      >
                        <Icon size={13} aria-hidden />
                        {visibleText(row.key)}
                      </button>
                    </td>
                    <td>{row.state === 'DIVERGED' ? row.kind : row.state.toLowerCase()}</td>
                    <td className="font-mono text-xs max-md:hidden">
                      {row.columns.map(visibleText).join(', ') || '–'}
                    </td>
                    <td className="num max-md:hidden">
                      <time dateTime={row.firstSeenAt} title={formatInstant(Date.parse(row.firstSeenAt), zone)}>
                        {formatWhen(Date.parse(row.firstSeenAt), nowMs, zone)}
                      </time>
                    </td>
                    <td className="num">
                      <Age at={row.firstSeenAt} nowMs={nowMs} zone={zone} />
                    </td>
                    <td className="max-sm:hidden">
                      <Leg leg={row.leg} />
                    </td>
                    <td className="max-xl:hidden">{visibleText(row.detail.reason ?? 'not recorded')}</td>
                  </tr>
                  {isOpen ? (
                    <tr className="bg-surface-2">
                      <td colSpan={7} className="!border-t-0 !pt-0 !pb-3.5">
                        <RowDiff row={row} table={tables.find(({ table }) => table === row.table)} zone={zone} />
                      </td>
                    </tr>
                  ) : null}
                </Fragment>
              );
            })}
          </tbody>
        </table>
      )}
      {truncated ? (
        <p className="border-t border-line px-4 py-2.5 text-xs text-ink-2">
          Only the first 500 are listed; the counts above are complete.
        </p>
      ) : null}
    </Panel>
  );
}

function Leg({ leg }: { leg: string }) {
  return (
    <span className="inline-flex rounded-full border border-line bg-surface px-2 text-xs whitespace-nowrap text-ink-2">
      {leg.replace('_', ' ')}
    </span>
  );
}

function csvOf(rows: readonly DivergenceRow[]) {
  return [
    [
      'context',
      'table',
      'key',
      'state',
      'kind',
      'columns',
      'leg',
      'first seen',
      'last seen',
      'reason',
      'topic',
      'partition',
      'offset',
      'lsn',
      'source',
      'target',
    ],
    ...rows.map((row) => [
      row.context,
      row.table,
      row.key,
      row.state,
      row.kind,
      row.columns.join(' '),
      row.leg,
      row.firstSeenAt,
      row.lastSeenAt,
      row.detail.reason,
      row.detail.topic,
      row.detail.partition,
      row.detail.offset,
      row.detail.lsn,
      row.detail.source === null ? null : JSON.stringify(row.detail.source),
      row.detail.target === null ? null : JSON.stringify(row.detail.target),
    ]),
  ];
}
