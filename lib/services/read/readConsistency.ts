import type { Principal } from '../../ports/principal.ts';
import type { DivergenceCount, DivergenceRow, SourceAges, VerifyRunRow } from '../../ports/readStore.ts';
import { requireRole } from '../requireRole.ts';
import { contextsOf } from './readBoard.ts';
import type { Reading } from './reading.ts';

/** A mapped table with its newest comparison. */
export interface TableConsistency {
  readonly context: string;
  readonly contextName: string;
  readonly table: string;
  readonly source: string | null;
  readonly target: string | null;
  /** The newest run, whatever became of it. */
  readonly newest: VerifyRunRow | null;
  /** The newest run that compared everything. */
  readonly complete: VerifyRunRow | null;
  readonly counts: readonly DivergenceCount[];
}

export interface Consistency {
  readonly migration: string | null;
  readonly ages: SourceAges;
  readonly tables: readonly TableConsistency[];
  readonly divergences: readonly DivergenceRow[];
  /** True if there are more than are listed. */
  readonly truncated: boolean;
}

const LISTED = 500;
/** A comparison older than a week proves nothing of today. */
const RUNS_SHOWN_MS = 7 * 86_400_000;

/** The mapped tables, how far they are compared, and the rows that differ. */
export async function readConsistency(reading: Reading, principal: Principal): Promise<Consistency> {
  requireRole(principal, 'viewer');
  const { store } = reading;
  const [migration, ages, runs, counts, divergences] = await Promise.all([
    store.migration(),
    store.sourceAges(),
    store.verifyRuns(reading.clock.nowMs() - RUNS_SHOWN_MS),
    store.divergenceCounts(),
    store.divergences(LISTED + 1),
  ]);
  const contexts = contextsOf(
    migration,
    runs.map((run) => run.context),
  );
  const tables = contexts.flatMap((context) => {
    const known: { id: string; source: string | null; target: string | null }[] = [...context.tables];
    for (const run of runs) {
      if (run.context === context.id && !known.some(({ id }) => id === run.table)) {
        known.push({ id: run.table, source: null, target: null });
      }
    }
    return known.map(({ id, source, target }): TableConsistency => {
      const own = runs.filter((run) => run.context === context.id && run.table === id);
      return {
        context: context.id,
        contextName: context.name,
        table: id,
        source,
        target,
        newest: own[0] ?? null,
        complete: own.find((run) => run.state === 'complete') ?? null,
        counts: counts.filter((count) => count.context === context.id && count.table === id),
      };
    });
  });
  return {
    migration: migration?.name ?? null,
    ages,
    tables,
    divergences: divergences.slice(0, LISTED),
    truncated: divergences.length > LISTED,
  };
}
