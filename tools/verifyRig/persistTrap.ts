import pg from 'pg';
import { patiently } from './patiently.ts';

const LOCK = 7_202_611;

/**
 * Where a process stands when it is killed: at the n-th write to one of the verifier's tables, before the write
 * (nothing of the transaction stays) or within its COMMIT (all of it stays, and the process never hears of it).
 */
export type TrapPlace = 'write' | 'commit';

/** Stops a transaction of the store at a chosen write, so that its process can be killed right there. */
export class PersistTrap {
  readonly #client: pg.Client;

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  /** Puts triggers on the tables; they do nothing until one is armed. */
  static async install(storeUrl: string, tables: readonly string[]): Promise<PersistTrap> {
    const client = new pg.Client(storeUrl);
    await client.connect();
    await client.query(`create sequence rig_writes; create table rig_trap (place text, at bigint);
      create function rig_trap() returns trigger language plpgsql as $$
      begin
        if exists (select from rig_trap where place = tg_argv[0]) and nextval('rig_writes') = (select at from rig_trap) then
          perform pg_advisory_xact_lock(${LOCK});
        end if;
        return null;
      end $$`);
    for (const table of tables) {
      await client.query(`create trigger rig_trap_write after insert or update on ${table}
          for each statement execute function rig_trap('write');
        create constraint trigger rig_trap_commit after insert or update on ${table}
          deferrable initially deferred for each row execute function rig_trap('commit')`);
    }
    return new PersistTrap(client);
  }

  /** The n-th write from now on, counted from 1, will wait. */
  async arm(place: TrapPlace, at: number): Promise<void> {
    await this.#client.query('select pg_advisory_lock($1)', [LOCK]);
    await this.#client.query("select setval('rig_writes', 1, false)");
    await this.#client.query('delete from rig_trap');
    await this.#client.query('insert into rig_trap values ($1, $2)', [place, at]);
  }

  /** Resolves when a transaction waits in the trap. */
  async sprung(): Promise<void> {
    await patiently('a write in the trap', async () => {
      const { rows } = await this.#client.query(
        `select count(*)::int as n from pg_locks where locktype = 'advisory' and objid = ${LOCK} and not granted`,
      );
      return rows[0].n > 0 ? true : undefined;
    });
  }

  /** After the kill: ends the transaction at a write, lets the one within its COMMIT finish, and disarms. */
  async release(place: TrapPlace): Promise<void> {
    const waiting = await this.#client.query<{ pid: number }>(
      `select pid from pg_locks where locktype = 'advisory' and objid = ${LOCK} and not granted`,
    );
    const pids = waiting.rows.map(({ pid }) => pid);
    if (place === 'write')
      await this.#client.query('select pg_terminate_backend(pid) from unnest($1::int[]) pid', [pids]);
    await this.#client.query('delete from rig_trap');
    await this.#client.query('select pg_advisory_unlock($1)', [LOCK]);
    await patiently('the killed process has left the store', async () => {
      const { rows } = await this.#client.query('select count(*)::int as n from pg_stat_activity where pid = any($1)', [
        pids,
      ]);
      return rows[0].n === 0 ? true : undefined;
    });
  }

  async close(): Promise<void> {
    await this.#client.end();
  }
}
