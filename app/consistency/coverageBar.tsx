import type { PassProgress } from '#lib/core/consistency/passProgress.ts';
import type { TableConsistency } from '#lib/services/read/readTables.ts';

/** Coverage in whole percent, rounded down; `–` where the size of the table is not known. */
export function coverageText(progress: PassProgress | null): string {
  return progress === null || progress.share === null ? '–' : `${Math.floor(progress.share * 100)} %`;
}

/** Coverage of the newest pass as a bar; hatched where it is not known. */
export function CoverageBar({ table }: { table: Pick<TableConsistency, 'table' | 'newest' | 'progress'> }) {
  const share = table.progress?.share ?? null;
  const done = table.newest?.state === 'complete';
  return (
    <svg viewBox="0 0 100 10" preserveAspectRatio="none" className="h-2 w-full rounded-full" role="img">
      <title>
        {table.newest === null
          ? `nothing of ${table.table} is compared`
          : share === null
            ? `a pass over ${table.table} runs; how large it is, is not known`
            : `${coverageText(table.progress)} of ${table.table} compared in this pass`}
      </title>
      <rect width="100" height="10" className="fill-nodata-soft" />
      <rect width={(share ?? 0) * 100} height="10" className={done ? 'fill-pass' : 'fill-running'} />
    </svg>
  );
}
