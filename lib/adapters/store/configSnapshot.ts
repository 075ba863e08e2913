import type { Pool } from 'pg';
import type { Migration } from '../../core/migration/definition.ts';

/** Stores which configuration the worker runs, secrets left out: web shows it. */
export async function storeConfigSnapshot(pool: Pool, digest: string, migration: Migration): Promise<void> {
  await pool.query(
    `insert into config_snapshot (digest, body, loaded_at) values ($1, $2, now())
     on conflict (digest) do update set body = excluded.body, loaded_at = excluded.loaded_at`,
    [digest, JSON.stringify(migration)],
  );
}
