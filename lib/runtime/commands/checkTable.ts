import { ConnectClient } from '../../adapters/connect/connectClient.ts';
import { QueriedAppliedPosition } from '../../adapters/postgres/appliedPositionQuery.ts';
import { type ConnectorSettings, captureFindings } from '../../adapters/postgres/captureFindings.ts';
import { inspectCapture } from '../../adapters/postgres/inspectCapture.ts';
import type { MappingFinding } from '../../adapters/postgres/mappingFinding.ts';
import { inspectOwners } from '../../adapters/postgres/ownedKeys.ts';
import { inspectTable } from '../../adapters/postgres/planTable.ts';
import type { SourceDatabase } from '../../adapters/postgres/sourceDatabase.ts';
import type { TableMapping } from '../../core/migration/definition.ts';
import { imageColumns } from '../../core/migration/imageColumns.ts';
import type { SourceDatabases } from '../sourceDatabases.ts';

/** What was found of one table: a summary, and each column that is compared at a loss or not at all. */
export interface CheckedTable {
  readonly summary: string;
  readonly findings: readonly MappingFinding[];
}

/**
 * Looks at a mapped table on both sides, at its capture and at its applied position.
 * @param connectUrl Kafka Connect's address; undefined where none is configured
 * @throws BanyanError where there is nothing to look at
 */
export async function checkTable(
  table: TableMapping,
  databases: SourceDatabases,
  connectUrl: string | undefined,
): Promise<CheckedTable> {
  const source = databases.get(table.source.database);
  const target = databases.get(table.target.database);
  const { plan, findings } = await inspectTable(table, source, target);
  const flows: readonly Flow[] = [
    { side: 'source', database: source, connector: table.connector },
    ...(table.reverse === undefined
      ? []
      : [{ side: 'target' as const, database: target, connector: table.reverse.connector }]),
  ];
  const captured = await Promise.all(
    flows.map(async ({ side, database, connector }) => {
      const settings = await settingsOf(connectUrl, connector);
      const slot = settings?.['slot.name'] ?? null;
      return [
        ...(await inspectCapture(database, table[side], imageColumns(table, side), slot)),
        ...captureFindings(table.capture ?? {}, plan?.[side].carried ?? [], settings),
      ];
    }),
  );
  const owners =
    plan === null || table.ownership === undefined
      ? []
      : await inspectOwners(table.ownership, plan, { source, target });
  const hashing = plan === null ? '' : `; ${plan.hashing.mode} hashes (${plan.hashing.why})`;
  return {
    summary: `${table.columns.length} columns${hashing}; ${await appliedText(table, target)}`,
    findings: [...findings, ...owners, ...captured.flat()],
  };
}

interface Flow {
  readonly side: 'source' | 'target';
  readonly database: SourceDatabase;
  readonly connector: string | undefined;
}

/** A connector that can't be asked has a line of its own; its table is judged without it. */
async function settingsOf(url: string | undefined, connector: string | undefined): Promise<ConnectorSettings | null> {
  if (url === undefined || connector === undefined) return null;
  return new ConnectClient({ url }).settings(connector).catch(() => null);
}

async function appliedText(table: TableMapping, target: SourceDatabase): Promise<string> {
  if (table.applied.kind === 'group') return `applied by group ${table.applied.groupId}`;
  const position = await new QueriedAppliedPosition(target, table.applied.query, table.topic).read();
  return `applied position of ${position.size} partitions`;
}
