import { z } from 'zod';
import type { DatabaseLoad } from '../../core/consistency/loadLimits.ts';
import { APPLICATION_NAME, type SourceDatabase } from './sourceDatabase.ts';

const LOAD = `
  select pg_has_role('pg_read_all_stats', 'usage') as sees,
    (select count(*)::float8 from pg_stat_activity
     where state = 'active' and backend_type = 'client backend' and application_name <> $1) as sessions,
    (select sum(active_time) from pg_stat_database) as "activeMs",
    (select coalesce(max(extract(epoch from r.replay_lag)), 0)::float8 * 1000 from pg_stat_replication r
     where not exists (select from pg_replication_slots s where s.active_pid = r.pid and s.slot_type = 'logical')) as "lagMs",
    extract(epoch from clock_timestamp())::float8 * 1000 as "atMs"`;

const Found = z.object({
  sees: z.boolean(),
  sessions: z.number(),
  activeMs: z.number().nullable(),
  lagMs: z.number(),
  atMs: z.number(),
});

/** A look is good for this long: every table of a database asks before every range. */
const FRESH_MS = 2_000;

/** Reads what a watched database does besides being verified, with whatever its role may see. */
export class SourceLoad {
  readonly #database: SourceDatabase;
  #asked: { readonly atMs: number; readonly load: Promise<DatabaseLoad> } | null = null;
  #before: { readonly atMs: number; readonly activeMs: number } | null = null;

  constructor(database: SourceDatabase) {
    this.#database = database;
  }

  read(): Promise<DatabaseLoad> {
    const nowMs = performance.now();
    if (this.#asked === null || nowMs - this.#asked.atMs > FRESH_MS) {
      this.#asked = { atMs: nowMs, load: this.#look() };
    }
    return this.#asked.load;
  }

  async #look(): Promise<DatabaseLoad> {
    const [found] = await this.#database.query(Found, LOAD, [APPLICATION_NAME]);
    const database = this.#database.id;
    if (found === undefined) return { database, activeSessions: null, activeBy: 'time', replicaLagMs: null };
    if (found.sees) {
      return { database, activeSessions: found.sessions, activeBy: 'sessions', replicaLagMs: found.lagMs };
    }
    // Others' sessions are hidden from the role, the time that they worked is not; statements that run on are not in it.
    const before = this.#before;
    if (found.activeMs !== null) this.#before = { atMs: found.atMs, activeMs: found.activeMs };
    const activeSessions =
      before === null || found.activeMs === null || found.atMs <= before.atMs
        ? null
        : Math.max(0, (found.activeMs - before.activeMs) / (found.atMs - before.atMs));
    return { database, activeSessions, activeBy: 'time', replicaLagMs: null };
  }
}
