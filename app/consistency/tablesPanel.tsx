'use client';
import { useQueryStates } from 'nuqs';
import { formatCount, formatSpan } from '#lib/core/format/figure.ts';
import type { TimeZone } from '#lib/core/format/time.ts';
import type { DivergenceState } from '#lib/ports/readStore.ts';
import type { TableConsistency } from '#lib/services/read/readTables.ts';
import { consistencyParsers } from '#lib/url.ts';
import { Age } from '../_ui/age.tsx';
import { CsvButton } from '../_ui/csvButton.tsx';
import { Panel } from '../_ui/panel.tsx';
import { Status } from '../_ui/status.tsx';
import { CoverageBar, coverageText } from './coverageBar.tsx';
import { passState } from './coverageCard.tsx';

const OPEN_STATES = ['DIVERGED', 'CONFLICT', 'UNKNOWN', 'STALLED', 'PENDING'] as const;

interface TablesPanelProps {
  readonly tables: readonly TableConsistency[];
  readonly nowMs: number;
  readonly zone: TimeZone;
}

/** Each mapped table: what was compared, every verdict apart, and the pass that runs. A table narrows the page to it. */
export function TablesPanel({ tables, nowMs, zone }: TablesPanelProps) {
  const [{ only }, setFilter] = useQueryStates(consistencyParsers, { history: 'replace' });
  return (
    <Panel title="Tables" className="mt-4" actions={<CsvButton fileName="tables.csv" rows={() => csvOf(tables)} />}>
      <table className="grid-table">
        <thead>
          <tr>
            <th>Table</th>
            <th className="num max-sm:hidden">Rows compared</th>
            <th className="min-w-[96px]">Coverage</th>
            <th className="num max-md:hidden">Clean</th>
            {OPEN_STATES.map((state) => (
              <th key={state} className={`num ${state === 'DIVERGED' ? '' : 'max-lg:hidden'}`}>
                {state.charAt(0) + state.slice(1).toLowerCase()}
              </th>
            ))}
            <th className="max-xl:hidden">This pass</th>
            <th className="num max-xl:hidden">Last complete</th>
          </tr>
        </thead>
        <tbody>
          {tables.map((table) => {
            const id = tableId(table);
            return (
              <tr key={id} className={`relative hover:bg-surface-2 ${only === id ? 'bg-surface-2' : ''}`}>
                <td className="font-medium">
                  <button
                    type="button"
                    aria-pressed={only === id}
                    className="text-left after:absolute after:inset-0"
                    onClick={() => setFilter({ only: only === id ? null : id })}
                  >
                    {table.table}
                    <span className="block text-2xs font-normal text-ink-3">{table.contextName}</span>
                    {table.newest?.state === 'failed' && table.newest.detail !== null ? (
                      <span className="block max-w-[44ch] text-xs font-normal text-ink-2">{table.newest.detail}</span>
                    ) : null}
                  </button>
                </td>
                <td className="num max-sm:hidden">{formatCount(comparedOf(table))}</td>
                <td>
                  <span className="text-xs tabular-nums">
                    {coverageText(table.progress)}
                    <EtaNote table={table} nowMs={nowMs} />
                  </span>
                  <CoverageBar table={table} />
                </td>
                <td className="num max-md:hidden">
                  {table.complete === null ? '–' : formatCount(table.complete.clean)}
                </td>
                {OPEN_STATES.map((state) => {
                  const n = countOf(table, state);
                  return (
                    <td
                      key={state}
                      className={`num ${state === 'DIVERGED' ? '' : 'max-lg:hidden'} ${n === 0 ? 'text-ink-3' : 'font-medium'}`}
                    >
                      {formatCount(n)}
                    </td>
                  );
                })}
                <td className="max-xl:hidden">
                  <Status {...passState(table.newest)} />
                </td>
                <td className="num max-xl:hidden">
                  <Age at={table.complete?.finishedAt ?? null} nowMs={nowMs} zone={zone} suffix=" ago" />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Panel>
  );
}

/** Names a table among those of all contexts, as the search parameter `only` has it. */
export const tableId = ({ context, table }: Pick<TableConsistency, 'context' | 'table'>): string =>
  `${context}/${table}`;

function EtaNote({ table: { newest, progress }, nowMs }: { table: TableConsistency; nowMs: number }) {
  if (newest?.state !== 'running') return null;
  const eta = progress?.etaAtMs ?? null;
  return <span className="text-ink-3"> · {eta === null ? 'end not known' : `${formatSpan(eta - nowMs)} left`}</span>;
}

const countOf = ({ counts }: TableConsistency, state: DivergenceState): number =>
  counts.filter((count) => count.state === state).reduce((sum, { count }) => sum + count, 0);

const comparedOf = ({ complete, newest }: TableConsistency): number => (complete ?? newest)?.rowsCompared ?? 0;

function csvOf(tables: readonly TableConsistency[]) {
  return [
    [
      'context',
      'table',
      'source',
      'target',
      'rows compared',
      'coverage',
      'clean',
      ...OPEN_STATES,
      'pass',
      'last complete',
    ],
    ...tables.map((table) => [
      table.context,
      table.table,
      table.source,
      table.target,
      comparedOf(table),
      coverageText(table.progress),
      table.complete?.clean ?? null,
      ...OPEN_STATES.map((state) => countOf(table, state)),
      table.newest?.state ?? null,
      table.complete?.finishedAt ?? null,
    ]),
  ];
}
