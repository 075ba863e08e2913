import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { BanyanError, messageOf } from '../../errors.ts';

/** The lock that Prisma's own CLI takes, so that the two never run at once. */
const MIGRATION_LOCK = 72707369;

const TABLE = `create table if not exists _prisma_migrations (
  id varchar(36) primary key, checksum varchar(64) not null, finished_at timestamptz, migration_name varchar(255) not null,
  logs text, rolled_back_at timestamptz, started_at timestamptz not null default now(),
  applied_steps_count integer not null default 0)`;

/**
 * Applies the migrations in `folder` that the database has not seen, in order of their names, each in one transaction,
 * and records them as Prisma does, so that `prisma migrate status` agrees. It has a connection of its own, on which a
 * statement may take as long as it needs.
 * @returns the names applied now.
 * @throws BanyanError `conflict` if an applied migration was edited, or one is half applied.
 */
export async function migrate(connection: pg.ClientConfig, folder: string): Promise<string[]> {
  const client = new pg.Client(connection);
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('set statement_timeout = 0');
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await client.query(TABLE);
    return await applyMissing(client, folder);
  } finally {
    // The lock goes with the session.
    await client.end().catch(() => undefined);
  }
}

async function applyMissing(client: pg.Client, folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((e) => e.isDirectory()).map((e) => e.name);
  const { rows } = await client.query<{ migration_name: string; checksum: string; finished_at: Date | null }>(
    'select migration_name, checksum, finished_at from _prisma_migrations where rolled_back_at is null',
  );
  const known = new Map(rows.map((row) => [row.migration_name, row]));
  const applied: string[] = [];
  for (const name of names.sort()) {
    const sql = await readFile(join(folder, name, 'migration.sql'), 'utf8');
    const checksum = createHash('sha256').update(sql).digest('hex');
    const seen = known.get(name);
    if (seen === undefined) {
      await apply(client, name, sql, checksum);
      applied.push(name);
    } else if (seen.finished_at === null) {
      throw new BanyanError('conflict', `migration ${name} was begun and did not finish`, {
        fix: 'look at the table _prisma_migrations, mend the schema, then `prisma migrate resolve`',
      });
    } else if (seen.checksum !== checksum) {
      throw new BanyanError('conflict', `migration ${name} was changed after it had been applied`, {
        fix: 'restore the file, or start with an empty database',
      });
    }
  }
  return applied;
}

async function apply(client: pg.Client, name: string, sql: string, checksum: string): Promise<void> {
  await client.query('begin');
  try {
    await client.query(sql);
    await client.query(
      `insert into _prisma_migrations (id, checksum, finished_at, migration_name, applied_steps_count)
       values ($1, $2, now(), $3, 1)`,
      [randomUUID(), checksum, name],
    );
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw new BanyanError('internal', `migration ${name} failed: ${messageOf(error)}`, { cause: error });
  }
}
