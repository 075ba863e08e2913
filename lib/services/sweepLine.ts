import type { RunCounts } from '../ports/verifyStore.ts';

/** Where a running pass is, in one line: rows, coverage, rate, when it will be done, and what it waits for. */
export function sweepLine(counts: RunCounts, waitsFor: string | null): string {
  const { rowsCompared, rowsEstimated, coveragePercent, rowsPerSec, etaAtMs } = counts;
  const parts = [
    rowsEstimated === null ? `${rowsCompared} rows compared` : `${rowsCompared} of about ${rowsEstimated} rows`,
  ];
  if (coveragePercent !== null) parts.push(`${coveragePercent.toFixed(1)} %`);
  if (rowsPerSec !== null) parts.push(`${Math.round(rowsPerSec)} rows/s`);
  if (etaAtMs !== null) parts.push(`done about ${new Date(etaAtMs).toISOString().slice(11, 19)} UTC`);
  if (counts.diverged > 0n) parts.push(`${counts.diverged} divergent`);
  if (waitsFor !== null) parts.push(`waits: ${waitsFor}`);
  return parts.join(', ');
}
