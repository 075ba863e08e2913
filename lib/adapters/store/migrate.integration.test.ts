import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createTestDatabase } from '../../../tools/testDatabase.ts';
import { freePort } from '../embedded/embeddedPostgres.ts';
import { openDatabase } from './database.ts';
import { migrate } from './migrate.ts';

it('applies each migration once and Prisma reads what pg wrote', async () => {
  const url = await createTestDatabase('migrate');
  const first = await openDatabase({ url, applicationName: 'test', migrate: true });
  await first.pool.query(
    `insert into stage_state (context, stage, phase, changed_at, changed_by) values ('c', 'sync_data', 'current', now(), 'test')`,
  );
  expect(await first.prisma.stageState.count()).toBe(1);
  await first.close();

  const second = await openDatabase({ url, applicationName: 'test', migrate: true });
  const { rows } = await second.pool.query('select migration_name, applied_steps_count from _prisma_migrations');
  expect(rows.length).toBeGreaterThan(0);
  expect(await second.prisma.stageState.count()).toBe(1);
  await second.close();
});

it('says what can not be reached without the password', async () => {
  const url = `postgresql://banyan:hunter2@127.0.0.1:${await freePort()}/store`;
  const opening = openDatabase({ url, applicationName: 'test', migrate: false });
  await expect(opening).rejects.toThrow(/the store 127\.0\.0\.1:\d+\/store can't be reached/);
  await expect(opening).rejects.not.toThrow(/hunter2/);
});

it('the server ends a statement that takes too long', async () => {
  const url = await createTestDatabase('timeouts');
  const database = await openDatabase({ url, applicationName: 'test', migrate: false, statementMs: 300 });
  await expect(database.pool.query('select pg_sleep(30)')).rejects.toThrow(/statement timeout/);
  expect((await database.pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  await database.close();
});

it('gives up on a store whose answer never comes, and goes on over another connection', async () => {
  const url = new URL(await createTestDatabase('half_open'));
  const storePort = Number(url.port);
  const held: Socket[] = [];
  const link = createServer((near) => {
    const far = createConnection(storePort, url.hostname);
    near.on('error', () => undefined).on('close', () => far.destroy());
    far.on('error', () => undefined).pipe(near);
    near.pipe(far);
    held.push(far);
  });
  await new Promise<void>((listening) => link.listen(0, '127.0.0.1', listening));
  const address = link.address();
  url.port = String(typeof address === 'object' ? address?.port : address);
  const database = await openDatabase({ url: url.href, applicationName: 'test', migrate: false, statementMs: 300 });
  for (const far of held) far.unpipe().pause();
  await expect(database.pool.query('select 1')).rejects.toThrow(/timeout/);
  expect((await database.pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  await database.close();
  await new Promise((closed) => link.close(closed));
});

it('lets a migration take as long as it needs, whatever the role allows', async () => {
  const url = await createTestDatabase('slow');
  const folder = await mkdtemp(join(tmpdir(), 'migrations-'));
  await mkdir(join(folder, '1_slow'));
  await writeFile(join(folder, '1_slow', 'migration.sql'), 'select pg_sleep(0.3)');
  expect(await migrate({ connectionString: url, statement_timeout: 100 }, folder)).toEqual(['1_slow']);
  await rm(folder, { recursive: true });
});
