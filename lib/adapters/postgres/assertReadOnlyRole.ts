import pg from 'pg';
import { z } from 'zod';
import { BanyanError } from '../../errors.ts';
import type { SourceDatabase } from './sourceDatabase.ts';

const Role = z.object({
  role: z.string(),
  database: z.string(),
  superuser: z.boolean(),
  owned: z.array(z.string()),
  writable: z.array(z.string()),
  creatable: z.array(z.string()),
  temporary: z.boolean(),
});

const ROLE = `
  with tables as (
    select c.oid, c.relowner, format('%I.%I', n.nspname, c.relname) as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'f') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  )
  select current_user::text as role, current_database()::text as database,
    (select rolsuper from pg_roles where rolname = current_user) as superuser,
    array(select name from tables where pg_has_role(relowner, 'USAGE') order by 1) as owned,
    array(select name from tables where has_any_column_privilege(oid, 'INSERT') or has_any_column_privilege(oid, 'UPDATE')
      or has_table_privilege(oid, 'DELETE') or has_table_privilege(oid, 'TRUNCATE') order by 1) as writable,
    array(select format('%I', nspname) from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'
      and has_schema_privilege(oid, 'CREATE') order by 1) as creatable,
    has_database_privilege(current_database(), 'TEMPORARY') as temporary`;

/**
 * Judges the role by the catalogue, memberships included, without writing anything: refuses a superuser, an owner of
 * tables, and a role that may write to a table or create in a schema.
 * @returns warnings: rights that do no harm but are not needed
 * @throws BanyanError `forbidden` with the GRANTs of a role that will do
 */
export async function assertReadOnlyRole(database: SourceDatabase): Promise<readonly string[]> {
  const [found] = await database.query(Role, ROLE);
  if (found === undefined) return [];
  const why = findings(found);
  if (why.length > 0 && !database.allowWritable) {
    throw new BanyanError(
      'forbidden',
      `database ${database.id}: Banyan only reads, and its role ${found.role} may write: ${why.join('; ')}`,
      { fix: fixOf(found) },
    );
  }
  const temporary = found.temporary ? [`role ${found.role} may create temporary tables in ${found.database}`] : [];
  return [...why, ...temporary];
}

function findings(found: z.infer<typeof Role>): readonly string[] {
  if (found.superuser) return ['it is a superuser'];
  const some = (names: readonly string[]) =>
    names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
  const why: string[] = [];
  if (found.owned.length > 0) why.push(`it owns ${some(found.owned)}`);
  const granted = found.writable.filter((name) => !found.owned.includes(name));
  if (granted.length > 0) why.push(`it may change ${some(granted)}`);
  if (found.creatable.length > 0) why.push(`it may create objects in schema ${some(found.creatable)}`);
  return why;
}

function fixOf(found: z.infer<typeof Role>): string {
  const database = pg.escapeIdentifier(found.database);
  const role = pg.escapeIdentifier(found.role);
  if (found.superuser || found.owned.length > 0) {
    return [
      `use a role of its own: create role banyan_ro login password '...' connection limit 8;`,
      `grant connect on database ${database} to banyan_ro; grant usage on schema public to banyan_ro;`,
      'grant select on all tables in schema public to banyan_ro;',
    ].join(' ');
  }
  const revokes = found.writable.map((name) => `revoke insert, update, delete, truncate on ${name} from ${role};`);
  const schemas = found.creatable.flatMap((name) => [
    `revoke create on schema ${name} from ${role};`,
    `revoke create on schema ${name} from public;`,
  ]);
  return `${[...revokes, ...schemas].join(' ')}`;
}
