import { expect, it } from 'vitest';
import { createTestDatabase } from '../../../tools/testDatabase.ts';
import { freePort } from '../embedded/embeddedPostgres.ts';
import { openDatabase } from './database.ts';

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
