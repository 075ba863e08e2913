import type { Principal } from '../../ports/principal.ts';
import type { SourceAges } from '../../ports/readStore.ts';
import { requireRole } from '../requireRole.ts';
import type { Reading } from './reading.ts';
import { readTables, type TableConsistency } from './readTables.ts';
import { type ShownCause, type ShownDivergence, shownCauses, withoutValues } from './shownDivergence.ts';

export interface Consistency {
  readonly migration: string | null;
  readonly ages: SourceAges;
  readonly tables: readonly TableConsistency[];
  /** Rows that are not clean, worst first; their values are left out. */
  readonly divergences: readonly ShownDivergence[];
  /** What the listed rows have in common, the largest first. */
  readonly causes: readonly ShownCause[];
  /** True if there are more than are listed. */
  readonly truncated: boolean;
}

export interface ConsistencyRequest {
  /** Length of the time over which time to consistency is shown; null: since the current stage began. */
  readonly rangeMs: number | null;
}

const LISTED = 500;

/** The mapped tables, how far they are compared, and the rows that differ. */
export async function readConsistency(
  reading: Reading,
  principal: Principal,
  request: ConsistencyRequest,
): Promise<Consistency> {
  requireRole(principal, 'viewer');
  const { store } = reading;
  const [migration, ages, tables, rows] = await Promise.all([
    store.migration(),
    store.sourceAges(),
    readTables(reading, principal, request),
    store.divergences(LISTED + 1),
  ]);
  const listed = rows.slice(0, LISTED);
  return {
    migration: migration?.name ?? null,
    ages,
    tables,
    divergences: listed.map(withoutValues),
    causes: shownCauses(listed, migration),
    truncated: rows.length > LISTED,
  };
}
