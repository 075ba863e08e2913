import { formatCount, formatSpan } from '#lib/core/format/figure.ts';
import { formatClock, formatWhen, type TimeZone } from '#lib/core/format/time.ts';
import type { VerifyRunRow } from '#lib/ports/readStore.ts';
import type { TableConsistency } from '#lib/services/read/readTables.ts';
import { Age } from '../_ui/age.tsx';
import { Status, type StatusWord } from '../_ui/status.tsx';
import { CoverageBar, coverageText } from './coverageBar.tsx';

/** How much of a table's key range the newest pass has compared, how fast, and when it will be done. */
export function CoverageCard({ table, nowMs, zone }: { table: TableConsistency; nowMs: number; zone: TimeZone }) {
  const { newest, complete, progress } = table;
  return (
    <section className="card min-w-0 p-3.5" aria-label={`Coverage of ${table.table}`}>
      <header className="flex items-center justify-between gap-2">
        <h3 className="truncate text-sm font-medium text-ink-2">Coverage of {table.table}</h3>
        <Status {...passState(newest)} />
      </header>
      <p className="text-figure font-semibold tracking-tight tabular-nums">{coverageText(progress)}</p>
      <CoverageBar table={table} />
      <dl className="mt-3 grid grid-cols-[auto_1fr] gap-x-3 gap-y-1 text-xs [&_dd]:text-right [&_dd]:tabular-nums [&_dt]:text-ink-3">
        <dt>This pass</dt>
        <dd>
          {newest === null
            ? 'never begun'
            : `${formatCount(newest.rowsCompared)} rows · ${formatCount(newest.rangesDone)} of ${formatCount(newest.rangesTotal)} ranges`}
        </dd>
        {newest === null ? null : (
          <>
            <dt>Begun</dt>
            <dd>{formatWhen(Date.parse(newest.startedAt), nowMs, zone)}</dd>
          </>
        )}
        {progress?.rowsPerSec === null || progress === null ? null : (
          <>
            <dt>Rate</dt>
            <dd>{formatCount(Math.round(progress.rowsPerSec))} rows/s</dd>
          </>
        )}
        {newest?.state !== 'running' ? null : (
          <>
            <dt>Done</dt>
            <dd>
              {progress?.etaAtMs === null || progress === null
                ? 'not known yet'
                : `in ${formatSpan(progress.etaAtMs - nowMs)}, ${formatClock(progress.etaAtMs, zone)}`}
            </dd>
          </>
        )}
        <dt>Last complete pass</dt>
        <dd>
          <Age at={complete?.finishedAt ?? null} nowMs={nowMs} zone={zone} suffix=" ago" />
        </dd>
        {complete === null || complete.finishedAt === null ? null : (
          <>
            <dt>It took</dt>
            <dd>
              {formatSpan(Date.parse(complete.finishedAt) - Date.parse(complete.startedAt))} for{' '}
              {formatCount(complete.rowsCompared)} rows
            </dd>
          </>
        )}
      </dl>
      {notesOf(table).map((note) => (
        <p key={note} className="mt-2 text-xs text-ink-2">
          {note}
        </p>
      ))}
      <p className="mt-3 font-mono text-2xs break-all text-ink-3">
        {table.source ?? table.table} → {table.target ?? 'not in the configuration'}
      </p>
    </section>
  );
}

/** What stands in the way of the passes, in the words of those who met it. */
function notesOf({ newest, complete, sweeps }: TableConsistency): string[] {
  const notes = [newest?.detail ?? null];
  if (complete?.notCleanBecause != null) notes.push(`Not a clean pass: ${complete.notCleanBecause}.`);
  if (sweeps !== null && sweeps.state === 'down')
    notes.push(`${sweeps.detail}${sweeps.fix === null ? '' : `: ${sweeps.fix}`}.`);
  return notes.filter((note) => note !== null);
}

/** A pass in shape and word. */
export function passState(run: VerifyRunRow | null): { word: StatusWord; label?: string } {
  switch (run?.state) {
    case undefined:
      return { word: 'no_data' };
    case 'complete':
      return { word: 'pass', label: 'Complete' };
    case 'running':
      return { word: 'running' };
    case 'cancelled':
      return { word: 'not_started', label: 'Cancelled' };
    default:
      return { word: 'error', label: 'Failed' };
  }
}
