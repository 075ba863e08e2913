import { z } from 'zod';
import type { DatabaseProbe } from '../../ports/databaseProbe.ts';
import { assertReadOnlyRole } from './assertReadOnlyRole.ts';
import type { SourceDatabase } from './sourceDatabase.ts';

const Found = z.object({ version: z.string(), role: z.string() });

/** Asks a watched database for its version and judges Banyan's role in it. */
export class SourceDatabaseProbe implements DatabaseProbe {
  readonly id: string;
  readonly #database: SourceDatabase;

  constructor(database: SourceDatabase) {
    this.id = database.id;
    this.#database = database;
  }

  async probe(): Promise<string> {
    const [found] = await this.#database.query(
      Found,
      `select current_setting('server_version') as version, current_user::text as role`,
    );
    const warnings = await assertReadOnlyRole(this.#database);
    const read = `PostgreSQL ${found?.version}, read as ${found?.role}, at most ${this.#database.rowsPerSec} rows a second`;
    return warnings.length === 0 ? read : `${read}; note: ${warnings.join('; ')}`;
  }
}
