import pg from 'pg';
import { z } from 'zod';
import type { TableMapping, TableRef } from '../../core/migration/definition.ts';
import { BanyanError } from '../../errors.ts';
import type { TableFacts } from '../../ports/tableFacts.ts';
import type { SourceDatabase } from './sourceDatabase.ts';

/** File nodes of the table and its partitions: a TRUNCATE or a rewrite gives new ones, a new table another oid. */
const STORAGE = `
  with named as (select to_regclass(format('%I.%I', $1::text, $2::text)) as oid)
  select string_agg(c.oid || ':' || coalesce(pg_relation_filenode(c.oid), 0), ' ' order by c.oid) as storage
  from pg_class c, named
  where c.oid = named.oid or c.oid in (select relid from pg_partition_tree(named.oid))`;

const Plan = z.object({ 'QUERY PLAN': z.tuple([z.object({ Plan: z.object({ 'Plan Rows': z.number() }) })]) });

/** Asks the catalogues of both PostgreSQL databases of a mapped table. */
export class PostgresTableFacts implements TableFacts {
  readonly #sides: readonly { readonly ref: TableRef; readonly where: string; readonly database: SourceDatabase }[];

  constructor(mapping: TableMapping, source: SourceDatabase, target: SourceDatabase) {
    this.#sides = [
      { ref: mapping.source, where: mapping.filter?.source?.sql ?? 'true', database: source },
      { ref: mapping.target, where: mapping.filter?.target?.sql ?? 'true', database: target },
    ];
  }

  async rowsEstimated(): Promise<bigint | null> {
    // The planner scales what ANALYZE counted by the table's size of now, and guesses by the size where it never ran.
    const estimates = await Promise.all(
      this.#sides.map(async ({ ref, where, database }) => {
        const table = `${pg.escapeIdentifier(ref.schema)}.${pg.escapeIdentifier(ref.table)}`;
        const [plan] = await database.query(Plan, `explain (format json) select from ${table} t where (${where})`);
        return plan?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? null;
      }),
    );
    const known = estimates.filter((rows) => rows !== null);
    return known.length === 0 ? null : BigInt(Math.round(Math.max(...known)));
  }

  async incarnation(): Promise<string> {
    const storages = await Promise.all(
      this.#sides.map(async ({ ref, database }) => {
        const [found] = await database.query(z.object({ storage: z.string().nullable() }), STORAGE, [
          ref.schema,
          ref.table,
        ]);
        if (found?.storage === null || found === undefined) {
          throw new BanyanError(
            'not_found',
            `table ${ref.schema}.${ref.table} is not in database ${database.id} any more`,
            { fix: 'create it again, or take it out of banyan.yaml' },
          );
        }
        return found.storage;
      }),
    );
    return storages.join(' / ');
  }
}
