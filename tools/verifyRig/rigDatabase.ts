import pg from 'pg';
import { patiently } from './patiently.ts';

/** One database of the rig: a superuser's pool on it. */
export interface RigDatabase {
  readonly url: string;
  readonly pool: pg.Pool;
}

/** Creates a database on this server. */
export async function createRigDatabase(serverUrl: string, name: string): Promise<RigDatabase> {
  await onServer(serverUrl, (client) => client.query(`create database ${pg.escapeIdentifier(name)}`));
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const pool = new pg.Pool({ connectionString: url.href, max: 6 });
  pool.on('error', () => undefined);
  return { url: url.href, pool };
}

/** Drops a database whoever is connected to it, with its slots. */
export async function dropRigDatabase(serverUrl: string, { url, pool }: RigDatabase): Promise<void> {
  await pool.end();
  const name = new URL(url).pathname.slice(1);
  await onServer(serverUrl, async (client) => {
    // A capture that is just ending may take its slot once more.
    await patiently(`the slots of ${name} are free`, async () => {
      await client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
      await client.query('select pg_drop_replication_slot(slot_name) from pg_replication_slots where database = $1', [
        name,
      ]);
      return true;
    });
    await client.query(`drop database ${pg.escapeIdentifier(name)} with (force)`);
  });
}

/** Runs statements as the server's superuser. */
export async function onServer<T>(serverUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(serverUrl);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
