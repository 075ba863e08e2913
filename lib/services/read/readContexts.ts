import type { ContextView, MigrationView, SourceAges } from '../../ports/readStore.ts';
import type { LiveStage } from './currentStage.ts';
import type { Reading } from './reading.ts';
import { stagesOf } from './stageRow.ts';

/** A context and its six stages as they read now. */
export interface JudgedContext {
  readonly context: ContextView;
  readonly stages: readonly LiveStage[];
}

/** What is judged, for the pages that show verdicts. */
export interface JudgedContexts {
  readonly migration: string | null;
  /** The newest evaluation, or null before the first. */
  readonly asOf: string | null;
  readonly ages: SourceAges;
  readonly contexts: readonly JudgedContext[];
}

/** Every context with its stages at `nowMs`. */
export async function readContexts({ store }: Pick<Reading, 'store'>, nowMs: number): Promise<JudgedContexts> {
  const [migration, rows, ages] = await Promise.all([store.migration(), store.currentVerdicts(), store.sourceAges()]);
  const judged = rows.map((row) => row.body.context);
  return {
    migration: migration?.name ?? null,
    asOf: rows.length === 0 ? null : new Date(Math.max(...rows.map((row) => row.evaluatedAtMs))).toISOString(),
    ages,
    contexts: contextsOf(migration, judged).map((context) => ({
      context,
      stages: stagesOf(context.id, rows, nowMs),
    })),
  };
}

/** The contexts of the configuration, and those that have a verdict without being in it any more. */
export function contextsOf(migration: MigrationView | null, judged: readonly string[]): ContextView[] {
  const known = [...(migration?.contexts ?? [])];
  for (const id of new Set(judged)) {
    if (known.some((context) => context.id === id)) continue;
    known.push({ id, name: id, relaxed: false, routes: [], tables: [], sagas: [] });
  }
  return known;
}
