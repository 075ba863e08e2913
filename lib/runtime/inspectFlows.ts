import type { ConnectClient } from '../adapters/connect/connectClient.ts';
import { type ConnectorSettings, captureFindings } from '../adapters/postgres/captureFindings.ts';
import { inspectCapture } from '../adapters/postgres/inspectCapture.ts';
import type { MappingFinding } from '../adapters/postgres/mappingFinding.ts';
import { inspectTable, type TablePlan } from '../adapters/postgres/planTable.ts';
import type { TableMapping } from '../core/migration/definition.ts';
import { imageColumns } from '../core/migration/imageColumns.ts';
import { BanyanError } from '../errors.ts';
import type { CaptureCheck } from '../ports/captureCheck.ts';
import type { Side } from '../ports/rowReader.ts';
import type { SourceDatabases } from './sourceDatabases.ts';

/**
 * What of a table's change events, of the way back too where there is one, can't be had or would be misread.
 * @param plan null where the table can't be compared: how its values are written is then not asked
 * @param connect null where none is configured: slots and modes are then not known
 * @param wayBack whether it counts before Kafka Connect knows its connector, as one that is yet to begin
 * @throws BanyanError of the databases
 */
export async function inspectFlows(
  table: TableMapping,
  plan: TablePlan | null,
  databases: Pick<SourceDatabases, 'get'>,
  connect: ConnectClient | null,
  wayBack: 'always' | 'once_known',
): Promise<readonly MappingFinding[]> {
  const flows: readonly (readonly [Side, string | undefined])[] = [
    ['source', table.connector],
    ...(table.reverse === undefined ? [] : [['target', table.reverse.connector] as const]),
  ];
  const found = await Promise.all(
    flows.map(async ([side, connector]) => {
      const settings = await settingsOf(connect, connector);
      if (side === 'target' && settings === null && wayBack === 'once_known') return [];
      const database = databases.get(table[side].database);
      return [
        ...(await inspectCapture(database, table[side], imageColumns(table, side), settings?.['slot.name'] ?? null)),
        ...captureFindings(table.capture ?? {}, plan?.[side].carried ?? [], settings),
      ];
    }),
  );
  return found.flat();
}

/** Refuses a pass over a table whose capture `banyan check` refuses: changes that never come leave no row CLEAN. */
export function captureCheck(
  table: TableMapping,
  databases: Pick<SourceDatabases, 'get'>,
  connect: ConnectClient | null,
): CaptureCheck {
  return {
    async assertSound() {
      const [source, target] = [databases.get(table.source.database), databases.get(table.target.database)];
      const { plan } = await inspectTable(table, source, target);
      const findings = await inspectFlows(table, plan, databases, connect, 'once_known');
      const refused = findings.filter(({ severity }) => severity === 'refused');
      if (refused.length === 0) return;
      throw new BanyanError('bad_config', refused.map(({ reason }) => reason).join('; '), {
        fix: refused.map(({ fix }) => fix).join('; '),
      });
    },
  };
}

/** A connector that can't be asked is told of elsewhere; its table is judged without it. */
async function settingsOf(
  connect: ConnectClient | null,
  connector: string | undefined,
): Promise<ConnectorSettings | null> {
  return connect === null || connector === undefined ? null : connect.settings(connector).catch(() => null);
}
