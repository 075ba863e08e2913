import { type PlannedCanary, planCanaries } from '../core/consistency/canaryPlan.ts';
import { sameRow } from '../core/consistency/row.ts';
import type { SelfTestDefinition, TableMapping } from '../core/migration/definition.ts';
import { BanyanError } from '../errors.ts';
import type { CanaryRows } from '../ports/canaryRows.ts';
import type { SelfTestRound, SelfTestStore } from '../ports/selfTestStore.ts';
import type { VerifiedTable } from './verifiedTable.ts';

export interface SelfTestPlanning {
  readonly table: VerifiedTable;
  readonly definition: SelfTestDefinition;
  readonly rows: CanaryRows;
  readonly store: SelfTestStore;
}

/**
 * What this round does to which canary. They must be the same on both sides before anything is done to them: else what is
 * found could not be told from what was there.
 * @throws BanyanError `conflict` if they are not, `bad_config` if nothing can be done to them; of the databases
 */
export async function selfTestPlan(
  { table, definition, rows, store }: SelfTestPlanning,
  { askedAtMs }: SelfTestRound,
): Promise<readonly PlannedCanary[]> {
  await table.reader.prepare();
  const keys = [...new Set(await table.keyReader.canonicalKeys(definition.keys))];
  const open = await store.openAmong(table.context, table.table, keys);
  if (open.length > 0) {
    throw new BanyanError('conflict', `canaries are not clean before the round: ${open.join(', ')}`, {
      fix: 'mend them, or name other rows under selfTest.keys',
    });
  }
  const [source, target] = await Promise.all([
    table.keyReader.read('source', keys),
    table.keyReader.read('target', keys),
  ]);
  const rowOf = (side: typeof source, key: string) => side.rows.get(key) ?? null;
  const differing = keys.filter((key) => !sameRow(rowOf(source, key), rowOf(target, key)));
  if (differing.length > 0) {
    throw new BanyanError('conflict', `canaries differ before the round: ${differing.join(', ')}`, {
      fix: 'name rows that the sync has brought to the target and that nothing writes',
    });
  }
  const canaries = keys.map((key) => ({ key, row: rowOf(target, key) }));
  const planned = planCanaries(await rows.table(), canaries, Math.floor(askedAtMs / 1000));
  if (planned.length > 0) return planned;
  throw new BanyanError('bad_config', `no canary of ${table.context}/${table.table} can be made wrong`, {
    fix: 'name keys of rows that are there, with a column that is mapped as it is and not unique',
  });
}

/** Names of the mapped columns that the change makes wrong, as findings have them. */
export function columnsOf({ columns }: TableMapping, canary: PlannedCanary): readonly string[] {
  if (canary.change === 'missing' || canary.change === 'extra') return [];
  const { column } = canary;
  return columns
    .filter(({ to, toSql }) => (toSql === undefined ? to === column : toSql.columns.includes(column)))
    .map(({ from }) => from);
}
