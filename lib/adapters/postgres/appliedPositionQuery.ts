import { z } from 'zod';
import { BanyanError, messageOf } from '../../errors.ts';
import type { RowQuery, SourceDatabase } from './sourceDatabase.ts';

const Position = z.looseObject({
  partition: z.coerce.number().int().nonnegative(),
  next_offset: z.union([z.string(), z.number().int()]).transform(BigInt),
});

/** Next offset by partition, by the configured query; as a part of a snapshot if `query` is one. */
export async function readAppliedRows(
  query: RowQuery,
  sql: string,
  topic: string,
): Promise<ReadonlyMap<number, bigint>> {
  const rows = await query(Position, sql, [topic]);
  return new Map(rows.map((row) => [row.partition, row.next_offset]));
}

/**
 * The applied position that a table of the target database keeps.
 * @throws BanyanError `bad_config` if the query does not return (partition, next_offset)
 */
export class QueriedAppliedPosition {
  readonly #database: SourceDatabase;
  readonly #sql: string;
  readonly #topic: string;

  constructor(database: SourceDatabase, sql: string, topic: string) {
    this.#database = database;
    this.#sql = sql;
    this.#topic = topic;
  }

  async read(): Promise<Map<number, bigint>> {
    try {
      return new Map(await readAppliedRows(this.#database.query, this.#sql, this.#topic));
    } catch (error) {
      if (error instanceof BanyanError && error.code === 'unavailable') throw error;
      throw new BanyanError(
        'bad_config',
        `the applied query of topic ${this.#topic} failed in database ${this.#database.id}: ${messageOf(error)}`,
        {
          cause: error,
          fix: 'it must return columns partition and next_offset for the topic in $1',
        },
      );
    }
  }
}
