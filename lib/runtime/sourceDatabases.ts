import { SourceDatabase } from '../adapters/postgres/sourceDatabase.ts';
import type { ParsedConfig } from '../configSchema.ts';
import { BanyanError } from '../errors.ts';
import { tlsOptions } from './kafkaConnection.ts';

/** The watched databases by id, each behind its own small pool. Nothing is connected yet. */
export class SourceDatabases {
  readonly #byId: ReadonlyMap<string, SourceDatabase>;

  constructor(settings: ParsedConfig['databases']) {
    this.#byId = new Map(
      Object.entries(settings).map(([id, database]) => [
        id,
        new SourceDatabase({
          id,
          url: database.url.reveal(),
          rowsPerSec: database.rowsPerSec,
          maxConnections: database.maxConnections,
          allowWritable: database.allowWritable,
          ...(database.ssl === undefined ? {} : { ssl: tlsOptions(database.ssl) }),
        }),
      ]),
    );
  }

  get all(): readonly SourceDatabase[] {
    return [...this.#byId.values()];
  }

  /** @throws BanyanError `bad_config` for an id that is not configured. */
  get(id: string): SourceDatabase {
    const database = this.#byId.get(id);
    if (database === undefined) throw new BanyanError('bad_config', `database ${id} is not configured`);
    return database;
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((database) => database.close()));
  }
}
