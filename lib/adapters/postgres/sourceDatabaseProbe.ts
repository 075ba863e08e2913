import { z } from 'zod';
import { describeLoad } from '../../core/consistency/loadLimits.ts';
import type { DatabaseLook, DatabaseProbe } from '../../ports/databaseProbe.ts';
import { assertReadOnlyRole } from './assertReadOnlyRole.ts';
import type { SourceDatabase } from './sourceDatabase.ts';
import { SourceLoad } from './sourceLoad.ts';

const Found = z.object({ version: z.string(), role: z.string() });

/** Asks a watched database for its version and load, judges Banyan's role in it, and says what Banyan takes of it. */
export class SourceDatabaseProbe implements DatabaseProbe {
  readonly id: string;
  readonly #database: SourceDatabase;
  readonly #load: SourceLoad;

  constructor(database: SourceDatabase, load: SourceLoad = new SourceLoad(database)) {
    this.id = database.id;
    this.#database = database;
    this.#load = load;
  }

  async probe(): Promise<DatabaseLook> {
    const [found] = await this.#database.query(
      Found,
      `select current_setting('server_version') as version, current_user::text as role`,
    );
    const warnings = await assertReadOnlyRole(this.#database);
    const { budget, rowsPerSec, connections, maxConnections } = this.#database;
    const load = await this.#load.read();
    const read = [
      `PostgreSQL ${found?.version}, read as ${found?.role}`,
      `${Math.round(budget.rowsPerSecNow())} of at most ${rowsPerSec} rows a second`,
      `${connections} of ${maxConnections} connections`,
      describeLoad(load),
    ].join(', ');
    const unseen = 'replica lag is not seen, so no comparison waits for a replica that is behind';
    return {
      detail: warnings.length === 0 ? read : `${read}; note: ${warnings.join('; ')}`,
      limit: load.replicaLagMs === null ? { detail: unseen, fix: `grant pg_read_all_stats to ${found?.role}` } : null,
    };
  }
}
