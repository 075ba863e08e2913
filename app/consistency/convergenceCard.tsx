'use client';
import { CONSISTENT_WITHIN_MS, type Convergence, type ConvergenceColumn } from '#lib/core/consistency/convergence.ts';
import { formatCount, formatMs, formatRatio } from '#lib/core/format/figure.ts';
import type { TableConsistency } from '#lib/services/read/readTables.ts';
import { Histogram, type HistogramColumn } from '../_ui/histogram.tsx';

const LIMIT = formatMs(CONSISTENT_WITHIN_MS);

/** How long after its commit a row was right on the other side, and known to be. */
export function ConvergenceCard({ table }: { table: TableConsistency }) {
  const { applied, verified } = table;
  const shown = verified.n > 0 ? verified : applied;
  const known = shown.n > 0;
  return (
    <section className="card min-w-0 p-3.5" aria-label={`Time to consistency of ${table.table}`}>
      <h3 className="text-sm font-medium text-ink-2">Time to consistency</h3>
      <p className="text-figure font-semibold tracking-tight tabular-nums">
        {shown.p99Ms === null ? '–' : formatMs(shown.p99Ms, CONSISTENT_WITHIN_MS)}
        {known ? (
          <span className="ml-2 text-xs font-normal tracking-normal">p99, n = {formatCount(shown.n)}</span>
        ) : null}
      </p>
      {known ? (
        <Histogram
          title="Time to consistency"
          summary={sentenceOf(shown)}
          columns={shown.columns.map(columnOf)}
          limit={{ at: LIMIT, text: `limit ${LIMIT}` }}
        >
          {sentenceOf(shown)}
          {verified.n > 0 && applied.p99Ms !== null
            ? ` Applied after ${formatMs(applied.p99Ms, CONSISTENT_WITHIN_MS)} (p99).`
            : ''}
        </Histogram>
      ) : (
        <p className="text-xs text-ink-2">
          No row was followed from its commit to a verdict in this time range. Rows are followed as they change: the
          worker needs the role verify, and the table some traffic.
        </p>
      )}
    </section>
  );
}

function sentenceOf({ withinShare, n, p50Ms }: Convergence): string {
  const within = withinShare === null ? 'Nothing counted' : `${formatRatio(withinShare)} of ${formatCount(n)} rows`;
  const half = p50Ms === null ? '' : `, half of them within ${formatMs(p50Ms)}`;
  return `${within} within ${LIMIT} of their commit${half}.`;
}

function columnOf({ fromMs, toMs, n }: ConvergenceColumn): HistogramColumn {
  const from = formatMs(fromMs);
  if (toMs === null) return { label: `> ${from}`, range: `longer than ${from}`, n, late: true };
  const to = formatMs(toMs);
  return {
    label: to,
    range: fromMs === 0 ? `up to ${to}` : `${from} to ${to}`,
    n,
    late: toMs > CONSISTENT_WITHIN_MS,
  };
}
