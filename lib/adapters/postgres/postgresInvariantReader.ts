import { z } from 'zod';
import { BanyanError } from '../../errors.ts';
import type { AppliedQuery, InvariantRead, InvariantReader } from '../../ports/invariantReader.ts';
import { readAppliedRows } from './appliedPositionQuery.ts';
import type { SourceDatabase } from './sourceDatabase.ts';

const Taken = z.object({ snapshot: z.string() });
const Value = z.object({ value: z.string().nullable() });
const Position = z.object({ lsn: z.string().transform(BigInt) });

/** Reads the parts of invariants from watched PostgreSQL databases, those of a database in one snapshot. */
export class PostgresInvariantReader implements InvariantReader {
  readonly #databaseOf: (id: string) => SourceDatabase;

  constructor(databaseOf: (id: string) => SourceDatabase) {
    this.#databaseOf = databaseOf;
  }

  async read(id: string, parts: readonly string[], applied: readonly AppliedQuery[]): Promise<InvariantRead> {
    const database = this.#databaseOf(id);
    const read = await database.inSnapshot(async (query) => {
      const [taken] = await query(Taken, 'select pg_current_snapshot()::text as snapshot');
      const values: string[] = [];
      for (const [i, sql] of parts.entries()) {
        const [row] = await query(Value, `select (${sql.replace(/;\s*$/, '')}\n)::numeric::text as value`);
        values.push(row?.value ?? nothing(id, i));
      }
      const positions = new Map<string, ReadonlyMap<number, bigint>>();
      for (const { topic, query: sql } of applied) positions.set(topic, await readAppliedRows(query, sql, topic));
      return { values, snapshot: taken?.snapshot ?? '', applied: positions };
    });
    const [position] = await database.query(
      Position,
      `select (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::text as lsn`,
    );
    return { ...read, lsn: position?.lsn ?? 0n };
  }
}

function nothing(database: string, part: number): never {
  throw new BanyanError('bad_config', `part ${part + 1} in database ${database} gave no number`, {
    fix: 'let its query return one row and one column; write coalesce(sum(x), 0) where there may be no row',
  });
}
