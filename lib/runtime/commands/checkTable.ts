import type { ConnectClient } from '../../adapters/connect/connectClient.ts';
import { QueriedAppliedPosition } from '../../adapters/postgres/appliedPositionQuery.ts';
import type { MappingFinding } from '../../adapters/postgres/mappingFinding.ts';
import { inspectOwners } from '../../adapters/postgres/ownedKeys.ts';
import { inspectTable } from '../../adapters/postgres/planTable.ts';
import type { SourceDatabase } from '../../adapters/postgres/sourceDatabase.ts';
import type { TableMapping } from '../../core/migration/definition.ts';
import { inspectFlows } from '../inspectFlows.ts';
import type { SourceDatabases } from '../sourceDatabases.ts';

/** What was found of one table: a summary, and each column that is compared at a loss or not at all. */
export interface CheckedTable {
  readonly summary: string;
  readonly findings: readonly MappingFinding[];
}

/**
 * Looks at a mapped table on both sides, at its capture and at its applied position.
 * @param connect null where none is configured
 * @throws BanyanError where there is nothing to look at
 */
export async function checkTable(
  table: TableMapping,
  databases: SourceDatabases,
  connect: ConnectClient | null,
): Promise<CheckedTable> {
  const source = databases.get(table.source.database);
  const target = databases.get(table.target.database);
  const { plan, findings } = await inspectTable(table, source, target);
  const captured = await inspectFlows(table, plan, databases, connect, 'always');
  const owners =
    plan === null || table.ownership === undefined
      ? []
      : await inspectOwners(table.ownership, plan, { source, target });
  const hashing = plan === null ? '' : `; ${plan.hashing.mode} hashes (${plan.hashing.why})`;
  return {
    summary: `${table.columns.length} columns${hashing}; ${await appliedText(table, target)}`,
    findings: [...findings, ...owners, ...captured],
  };
}

async function appliedText(table: TableMapping, target: SourceDatabase): Promise<string> {
  if (table.applied.kind === 'group') return `applied by group ${table.applied.groupId}`;
  const position = await new QueriedAppliedPosition(target, table.applied.query, table.topic).read();
  return `applied position of ${position.size} partitions`;
}
