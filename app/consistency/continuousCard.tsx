import { formatCount } from '#lib/core/format/figure.ts';
import type { TimeZone } from '#lib/core/format/time.ts';
import type { TableConsistency } from '#lib/services/read/readTables.ts';
import { Age } from '../_ui/age.tsx';
import { Status, type StatusWord } from '../_ui/status.tsx';

const WORDS: Record<string, { word: StatusWord; label: string }> = {
  ok: { word: 'running', label: 'Following' },
  degraded: { word: 'inconclusive', label: 'Behind' },
  starting: { word: 'not_started', label: 'Starting' },
  down: { word: 'error', label: 'Down' },
};

/** Rows judged as they change: how fast, what waits, and what was passed over. */
export function ContinuousCard({ table, nowMs, zone }: { table: TableConsistency; nowMs: number; zone: TimeZone }) {
  const { continuous } = table;
  return (
    <section className="card min-w-0 p-3.5" aria-label={`Continuous check of ${table.table}`}>
      <header className="flex items-center justify-between gap-2">
        <h3 className="truncate text-sm font-medium text-ink-2">Continuous check</h3>
        <Status
          {...(continuous === null ? { word: 'no_data' as const } : (WORDS[continuous.state] ?? { word: 'error' }))}
        />
      </header>
      {continuous === null ? (
        <p className="mt-1 text-xs text-ink-2">
          No worker reports that it follows the changes of this table. Sweeps find differences without it, later.
        </p>
      ) : (
        <>
          <p className="text-figure font-semibold tracking-tight tabular-nums">
            {figure(continuous.keysPerSec)}
            <span className="ml-2 text-xs font-normal tracking-normal">keys/s judged</span>
          </p>
          <dl className="mt-2 grid grid-cols-[auto_1fr] gap-x-3 gap-y-1 text-xs [&_dd]:text-right [&_dd]:tabular-nums [&_dt]:text-ink-3">
            <dt>Waiting in memory</dt>
            <dd>{figure(continuous.waiting)} keys</dd>
            <dt>Waiting in the store</dt>
            <dd>{figure(continuous.stored)} keys</dd>
            <dt>Left out or lost</dt>
            <dd>{figure(continuous.skipped)} keys</dd>
            <dt>As of</dt>
            <dd>
              <Age at={continuous.checkedAt} nowMs={nowMs} zone={zone} suffix=" ago" />
            </dd>
          </dl>
          <p className="mt-2 text-xs text-ink-2">
            {continuous.detail}
            {continuous.fix === null ? '' : `. To put it right: ${continuous.fix}`}
          </p>
          {(continuous.skipped ?? 0) > 0 ? (
            <p className="mt-1 text-xs text-ink-2">
              What was left out under load, dropped unread or not readable is compared by the next sweep.
            </p>
          ) : null}
        </>
      )}
    </section>
  );
}

const figure = (value: number | null): string => (value === null ? '–' : formatCount(Math.round(value)));
