import { type Convergence, convergence } from '../../core/consistency/convergence.ts';
import { type PassProgress, passProgress } from '../../core/consistency/passProgress.ts';
import type { Principal } from '../../ports/principal.ts';
import type { ContextView, DivergenceCount, SeriesHistogram, VerifyRunRow } from '../../ports/readStore.ts';
import { requireRole } from '../requireRole.ts';
import { type ContinuousFigures, continuousFigures } from './continuousFigures.ts';
import { findNamed } from './mappedTable.ts';
import { contextsOf } from './readContexts.ts';
import { judgeParts, type PartHealth } from './readHealth.ts';
import type { Reading } from './reading.ts';
import { rangeOf } from './timeWindow.ts';

/** A mapped table: what was compared, what was found, and what is being done now. */
export interface TableConsistency {
  readonly context: string;
  readonly contextName: string;
  readonly table: string;
  readonly source: string | null;
  readonly target: string | null;
  /** The newest run, whatever became of it, and how far it is. */
  readonly newest: VerifyRunRow | null;
  readonly progress: PassProgress | null;
  /** The newest run that compared everything. */
  readonly complete: VerifyRunRow | null;
  /** Open divergences, by state and kind. */
  readonly counts: readonly DivergenceCount[];
  /** What the worker says of its sweeps of this table; null if none ever did. */
  readonly sweeps: PartHealth | null;
  /** Judging of rows as they change; null where no worker reports it. */
  readonly continuous: ContinuousFigures | null;
  /** From commit to being applied, and to being verified. */
  readonly applied: Convergence;
  readonly verified: Convergence;
}

export interface TablesRequest {
  /** Length of the time over which time to consistency is shown; null: since the current stage began. */
  readonly rangeMs: number | null;
  /** Only this context. */
  readonly context?: string;
}

/** A comparison older than a week proves nothing of today. */
const RUNS_SHOWN_MS = 7 * 86_400_000;
const HOUR_MS = 3_600_000;

/**
 * The mapped tables of the configuration, and those that were compared without being in it any more.
 * @throws BanyanError `not_found` for a context that does not exist
 */
export async function readTables(
  reading: Reading,
  principal: Principal,
  request: TablesRequest,
): Promise<TableConsistency[]> {
  requireRole(principal, 'viewer');
  const { store, clock } = reading;
  const nowMs = clock.nowMs();
  const [migration, judged, runs, counts, rows] = await Promise.all([
    store.migration(),
    store.currentVerdicts(),
    store.verifyRuns(nowMs - RUNS_SHOWN_MS),
    store.divergenceCounts(),
    store.parts(),
  ]);
  const parts = judgeParts(rows, nowMs);
  const known = contextsOf(
    migration,
    runs.map((run) => run.context),
  );
  const contexts = request.context === undefined ? known : [findNamed(known, request.context, 'contexts')];
  const tables = contexts.flatMap((context) => mappedTables(context, runs).map((mapped) => ({ context, mapped })));
  return Promise.all(
    tables.map(async ({ context, mapped: { id, source, target } }): Promise<TableConsistency> => {
      const own = runs.filter((run) => run.context === context.id && run.table === id);
      const newest = own[0] ?? null;
      const complete = own.find((run) => run.state === 'complete') ?? null;
      const current = judged.find(({ body }) => body.context === context.id && body.phase === 'current');
      const fromMs = nowMs - rangeOf(request.rangeMs, current?.body, nowMs);
      const named = (prefix: string) => parts.find(({ part }) => part === `${prefix}:${context.id}/${id}`) ?? null;
      const sweeps = named('verify');
      const [applied, verified] = await Promise.all(
        ['applied', 'verified'].map((cohort) =>
          store.histogram({
            context: context.id,
            indicator: 'consistency',
            cohorts: [cohort],
            series: [id],
            fromMs,
            toMs: nowMs,
            stepMs: HOUR_MS,
          }),
        ),
      );
      return {
        context: context.id,
        contextName: context.name,
        table: id,
        source,
        target,
        newest,
        progress: newest === null ? null : progressOf(newest, complete, sweeps?.silent === true, nowMs),
        complete,
        counts: counts.filter((count) => count.context === context.id && count.table === id),
        sweeps,
        continuous: continuousFigures(named('continuous')),
        applied: convergenceOf(applied),
        verified: convergenceOf(verified),
      };
    }),
  );
}

function mappedTables(context: ContextView, runs: readonly VerifyRunRow[]) {
  const known: { id: string; source: string | null; target: string | null }[] = [...context.tables];
  for (const run of runs) {
    if (run.context === context.id && !known.some(({ id }) => id === run.table)) {
      known.push({ id: run.table, source: null, target: null });
    }
  }
  return known;
}

const convergenceOf = (found: SeriesHistogram | undefined): Convergence =>
  convergence(found?.bins ?? [], found ?? { n: 0, bad: 0 });

function progressOf(run: VerifyRunRow, complete: VerifyRunRow | null, silent: boolean, nowMs: number): PassProgress {
  const inMs = (at: string | null) => (at === null ? null : Date.parse(at));
  const figures = {
    ...run,
    startedAtMs: Date.parse(run.startedAt),
    finishedAtMs: inMs(run.finishedAt),
    etaAtMs: inMs(run.etaAt),
  };
  const progress = passProgress(figures, complete?.rowsCompared ?? null, nowMs);
  // A pass whose worker is silent goes nowhere.
  return silent && run.state === 'running' ? { ...progress, rowsPerSec: null, etaAtMs: null } : progress;
}
