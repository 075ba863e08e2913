import { z } from 'zod';
import type { TableRef } from '../../core/migration/definition.ts';
import { findTable } from './catalogue.ts';
import type { MappingFinding } from './mappingFinding.ts';
import type { SourceDatabase } from './sourceDatabase.ts';

const Slots = z.object({ name: z.string(), walStatus: z.string().nullable() });
/** A lost slot stays listed; any role may see it. */
const SLOTS = `select slot_name::text as name, wal_status as "walStatus" from pg_replication_slots
               where slot_type = 'logical' and database = current_database()`;

/** What holds rows: a table or a partition, its replica identity and the columns that it consists of; null for none. */
const Identified = z.object({ name: z.string(), identity: z.string(), columns: z.array(z.string()).nullable() });
/** Partitions have identities of their own, whatever their table has. Those that tell least come first. */
const IDENTITIES = `
  select quote_ident(m.nspname) || '.' || quote_ident(c.relname) as name, c.relreplident::text as identity,
         (select array_agg(a.attname::text order by a.attnum) from pg_index i
            join pg_attribute a on a.attrelid = c.oid and a.attnum = any(i.indkey[0:i.indnkeyatts - 1])
          where i.indrelid = c.oid and case c.relreplident when 'd' then i.indisprimary when 'i' then i.indisreplident end) as columns
  from pg_class p join pg_namespace n on n.oid = p.relnamespace
  join pg_class c on c.relkind = 'r' and (c.oid = p.oid or p.relkind = 'p' and c.oid in (select relid from pg_partition_tree(p.oid) where isleaf))
  join pg_namespace m on m.oid = c.relnamespace
  where n.nspname = $1 and p.relname = $2
  order by array_position('{n,d,i,f}'::"char"[], c.relreplident), c.oid`;
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
  const [table, slots, identified] = await Promise.all([
    findTable(database, ref, columns),
    database.query(Slots, SLOTS),
    database.query(Identified, IDENTITIES, [ref.schema, ref.table]),
  ]);
  const long = table.columns.filter(({ name, toastable }) => columns.includes(name) && toastable);
  const found = identified.map((each) =>
    identityFindings(
      each,
      ref.key,
      long.map(({ name }) => name),
    ),
  );
  return [
    ...(table.kind === 'f' ? [elsewhere(ref)] : []),
    // One partition stands for the others.
    ...(found.find((findings) => findings.length > 0) ?? []),
    ...slotFindings(database.id, slots, slot),
  ];
}

function elsewhere({ schema, table, key }: TableRef): MappingFinding {
  const reason = `${schema}.${table} is a foreign table: whether the events of the one behind it tell ${key.join(', ')} is not known`;
  return { column: null, severity: 'flagged', reason, fix: 'see to the replica identity of the table behind it' };
}

function identityFindings(
  { name, identity, columns }: z.infer<typeof Identified>,
  key: readonly string[],
  long: readonly string[],
): readonly MappingFinding[] {
  if (identity === 'f') return [];
  const fix = `alter table ${name} replica identity full`;
  if (columns === null || !key.every((column) => columns.includes(column))) {
    const why =
      columns === null ? `${name} has no replica identity` : `the replica identity of ${name} is ${columns.join(', ')}`;
    const reason = `${why}: events of updates and deletes do not tell ${key.join(', ')}`;
    return [{ column: null, severity: 'refused', reason, fix }];
  }
  if (long.length === 0) return [];
  const reason = `without REPLICA IDENTITY FULL the events of ${name} leave out long values that did not change (${long.join(', ')}): such rows are read again, and judged later while they keep changing`;
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
