import type { ConnectClient } from '../adapters/connect/connectClient.ts';
import { type ConnectorSettings, captureFindings, settingOf } from '../adapters/postgres/captureFindings.ts';
import { inspectCapture } from '../adapters/postgres/inspectCapture.ts';
import type { MappingFinding } from '../adapters/postgres/mappingFinding.ts';
import { inspectTable, type TablePlan } from '../adapters/postgres/planTable.ts';
import type { TableMapping } from '../core/migration/definition.ts';
import { imageColumns } from '../core/migration/imageColumns.ts';
import { BanyanError } from '../errors.ts';
import type { CaptureCheck } from '../ports/captureCheck.ts';
import type { Side } from '../ports/rowReader.ts';
import type { SourceDatabases } from './sourceDatabases.ts';

/** What Debezium calls its slot unless told. */
const DEFAULT_SLOT = 'debezium';

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
      const asked = await settingsOf(connect, connector);
      const settings = asked.kind === 'known' ? asked.settings : null;
      if (side === 'target' && settings === null && wayBack === 'once_known') return [];
      const slot = settingOf(settings, 'slot.name', DEFAULT_SLOT);
      return [
        ...(asked.kind === 'missing' ? [asked.finding] : []),
        ...(await inspectCapture(databases.get(table[side].database), table[side], imageColumns(table, side), slot)),
        ...captureFindings(table.capture ?? {}, plan?.[side].carried ?? [], settings),
      ];
    }),
  );
  return found.flat();
}

/** Finds against a table what `banyan check` refuses of its capture: changes that never come leave no row CLEAN. */
export function captureCheck(
  table: TableMapping,
  databases: Pick<SourceDatabases, 'get'>,
  connect: ConnectClient | null,
): CaptureCheck {
  // What events carry is the mapping's; it is asked once, for a pass may come every few seconds.
  let plan: TablePlan | null = null;
  return {
    async fault() {
      const [source, target] = [databases.get(table.source.database), databases.get(table.target.database)];
      plan ??= (await inspectTable(table, source, target)).plan;
      const findings = await inspectFlows(table, plan, databases, connect, 'once_known');
      const refused = findings.filter(({ severity }) => severity === 'refused');
      const joined = (part: 'reason' | 'fix') => [...new Set(refused.map((finding) => finding[part]))].join('; ');
      return refused.length === 0 ? null : { reason: joined('reason'), fix: joined('fix') };
    },
  };
}

type AskedSettings =
  | { readonly kind: 'known'; readonly settings: ConnectorSettings }
  | { readonly kind: 'missing'; readonly finding: MappingFinding }
  | { readonly kind: 'unknown' };

/** While Kafka Connect does not answer, its connectors may work all the same: a table is judged without it. */
async function settingsOf(connect: ConnectClient | null, connector: string | undefined): Promise<AskedSettings> {
  if (connect === null || connector === undefined) return { kind: 'unknown' };
  try {
    return { kind: 'known', settings: await connect.settings(connector) };
  } catch (error) {
    if (!(error instanceof BanyanError) || error.code !== 'not_found') return { kind: 'unknown' };
    const fix = error.fix ?? 'create it, or correct the connector in banyan.yaml';
    return { kind: 'missing', finding: { column: null, severity: 'refused', reason: error.message, fix } };
  }
}
