import { formatCount, formatSpan } from '#lib/core/format/figure.ts';
import { formatWhen, type TimeZone } from '#lib/core/format/time.ts';
import type { VerifyRunRow } from '#lib/ports/readStore.ts';
import type { TableConsistency } from '#lib/services/read/readConsistency.ts';
import { Age } from '../_ui/age.tsx';
import { Status, type StatusWord } from '../_ui/status.tsx';

/** How much of a table's key range the newest comparison has covered. */
export function CoverageCard({ table, nowMs, zone }: { table: TableConsistency; nowMs: number; zone: TimeZone }) {
  const { newest, complete } = table;
  const share = newest === null || newest.rangesTotal === 0 ? null : newest.rangesDone / newest.rangesTotal;
  return (
    <section className="card p-3.5">
      <header className="flex items-center justify-between gap-2">
        <h3 className="truncate text-sm font-medium text-ink-2">Coverage of {table.table}</h3>
        <Status {...stateOf(newest)} />
      </header>
      <p className="text-figure font-semibold tracking-tight tabular-nums">
        {share === null ? '–' : `${Math.floor(share * 100)} %`}
      </p>
      <svg viewBox="0 0 100 10" preserveAspectRatio="none" className="h-2.5 w-full rounded-full" role="img">
        <title>
          {newest === null ? 'nothing compared' : `${newest.rangesDone} of ${newest.rangesTotal} ranges compared`}
        </title>
        <rect width="100" height="10" className="fill-nodata-soft" />
        <rect width={(share ?? 0) * 100} height="10" className="fill-pass" />
      </svg>
      <dl className="mt-3 grid grid-cols-[auto_1fr] gap-x-3 gap-y-1 text-xs [&_dd]:text-right [&_dd]:tabular-nums [&_dt]:text-ink-3">
        {newest === null ? (
          <>
            <dt>This pass</dt>
            <dd>never begun</dd>
          </>
        ) : (
          <>
            <dt>This pass</dt>
            <dd>
              {newest.rangesDone} of {newest.rangesTotal} ranges · {formatCount(newest.rowsCompared)} rows
            </dd>
            <dt>Begun</dt>
            <dd>{formatWhen(Date.parse(newest.startedAt), nowMs, zone)}</dd>
          </>
        )}
        <dt>Last complete pass</dt>
        <dd>
          <Age at={complete?.finishedAt ?? null} nowMs={nowMs} zone={zone} suffix=" ago" />
        </dd>
        {complete?.finishedAt === null || complete === null ? null : (
          <>
            <dt>It took</dt>
            <dd>
              {formatSpan(Date.parse(complete.finishedAt) - Date.parse(complete.startedAt))} for{' '}
              {formatCount(complete.rowsCompared)} rows
            </dd>
          </>
        )}
      </dl>
      {newest?.detail === null || newest === null ? null : <p className="mt-2 text-xs text-ink-2">{newest.detail}</p>}
      <p className="mt-3 font-mono text-2xs break-all text-ink-3">
        {table.source ?? table.table} → {table.target ?? 'not in the configuration'}
      </p>
    </section>
  );
}

function stateOf(run: VerifyRunRow | null): { word: StatusWord; label?: string } {
  switch (run?.state) {
    case undefined:
      return { word: 'no_data' };
    case 'complete':
      return { word: 'pass', label: 'Complete' };
    case 'running':
      return { word: 'running' };
    default:
      return { word: 'error', label: run?.state === 'cancelled' ? 'Cancelled' : 'Failed' };
  }
}
