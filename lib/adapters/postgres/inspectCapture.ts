import { z } from 'zod';
import type { TableRef } from '../../core/migration/definition.ts';
import { type CatalogueTable, findTable } from './catalogue.ts';
import type { MappingFinding } from './mappingFinding.ts';
import type { SourceDatabase } from './sourceDatabase.ts';

const Slots = z.object({ name: z.string(), walStatus: z.string().nullable() });
/** A lost slot stays listed; any role may see it. */
const SLOTS = `select slot_name::text as name, wal_status as "walStatus" from pg_replication_slots
               where slot_type = 'logical' and database = current_database()`;

/**
 * What of a table's change events can't be had: its replica identity, and its slot if the name is known.
 * @param columns the columns that events must carry
 */
export async function inspectCapture(
  database: SourceDatabase,
  ref: TableRef,
  columns: readonly string[],
  slot: string | null,
): Promise<readonly MappingFinding[]> {
  const [table, slots] = await Promise.all([findTable(database, ref, columns), database.query(Slots, SLOTS)]);
  return [...identityFindings(table, ref, columns), ...slotFindings(database.id, slots, slot)];
}

function identityFindings(table: CatalogueTable, ref: TableRef, columns: readonly string[]): readonly MappingFinding[] {
  if (table.identity === 'f') return [];
  const place = `${ref.schema}.${ref.table}`;
  const fix = `alter table ${place} replica identity full`;
  const identity = table.uniqueKeys.find((key) => (table.identity === 'd' ? key.primary : key.identity));
  const named = table.identity === 'n' ? undefined : identity;
  if (named === undefined || !ref.key.every((name) => named.columns.includes(name))) {
    const why =
      named === undefined
        ? `${place} has no replica identity`
        : `the replica identity of ${place} is ${named.columns.join(', ')}`;
    const reason = `${why}: events of updates and deletes do not tell ${ref.key.join(', ')}`;
    return [{ column: null, severity: 'refused', reason, fix }];
  }
  const long = table.columns.filter((column) => columns.includes(column.name) && column.toastable);
  if (long.length === 0) return [];
  const reason = `without REPLICA IDENTITY FULL the events of ${place} leave out long values that did not change (${long.map(({ name }) => name).join(', ')}): such rows are read again, and judged later while they keep changing`;
  return [{ column: null, severity: 'flagged', reason, fix }];
}

function slotFindings(
  database: string,
  slots: readonly z.infer<typeof Slots>[],
  slot: string | null,
): readonly MappingFinding[] {
  const finding = (severity: MappingFinding['severity'], reason: string, fix: string): MappingFinding => {
    return { column: null, severity, reason, fix };
  };
  const again =
    'drop it, let the connector take a new snapshot (snapshot.mode when_needed), and raise max_slot_wal_keep_size';
  const own = slots.find(({ name }) => name === slot);
  if (slot !== null && own === undefined) {
    const reason = `database ${database} has no replication slot ${slot}: changes are not kept for the connector`;
    return [finding('refused', reason, 'start the connector, or correct its slot.name')];
  }
  return slots
    .filter(({ name, walStatus }) => walStatus === 'lost' && (slot === null || name === slot))
    .map(({ name }) =>
      finding(
        slot === null ? 'flagged' : 'refused',
        `replication slot ${name} of database ${database} is lost: changes since then never come`,
        again,
      ),
    );
}
