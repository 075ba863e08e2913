import type { TableMapping } from '../../core/migration/definition.ts';
import type { Side } from '../../ports/rowReader.ts';
import { type PlanOptions, planTable, type TablePlan } from './planTable.ts';
import type { SourceDatabase } from './sourceDatabase.ts';

/**
 * Plans the table at the first call, unless a plan of it was `made` already, and gives that plan from then on; one that
 * failed is tried again at the next call.
 */
export function planOnce(
  mapping: TableMapping,
  { source, target }: Readonly<Record<Side, SourceDatabase>>,
  options: PlanOptions,
  made: TablePlan | null = null,
): () => Promise<TablePlan> {
  let planned: Promise<TablePlan> | null = made === null ? null : Promise.resolve(made);
  return () => {
    planned ??= planTable(mapping, source, target, options).catch((error: unknown) => {
      planned = null;
      throw error;
    });
    return planned;
  };
}
