import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createTestDatabase } from '../../../tools/testDatabase.ts';
import { type Database, openDatabase } from './database.ts';
import { askForPass, StoredPassDemand } from './passDemand.ts';

const target = { context: 'inventory', table: 'stock' };
const NOW_MS = Math.floor(Date.now() / 1_000) * 1_000;

let db: Database;
let demand: StoredPassDemand;

beforeAll(async () => {
  db = await openDatabase({ url: await createTestDatabase('demand'), applicationName: 'test', migrate: true });
  demand = new StoredPassDemand(db.pool);
});
afterAll(() => db?.close());
beforeEach(async () => {
  await db.pool.query('truncate command, attempt');
});

async function attempt(id: string, startedAtMs: number, ended = false): Promise<void> {
  await db.pool.query(
    `insert into attempt (id, context, stage, number, started_at, ended_at, reason, opened_by, criteria_digest)
     values ($1, 'inventory', $1, 1, $2, $3, 'test', 'test', 'none')`,
    [id, new Date(startedAtMs), ended ? new Date(startedAtMs + 1) : null],
  );
}

test('nothing has asked', async () => {
  expect(await demand.newestAskedAtMs(target)).toBeNull();
});

test('an open attempt asks from its start on, not before, and not once it has ended', async () => {
  await attempt('sync_data', NOW_MS - 60_000);
  await attempt('route_reads', NOW_MS - 30_000, true);
  await attempt('route_writes', NOW_MS + 3_600_000);
  expect(await demand.newestAskedAtMs(target)).toBe(NOW_MS - 60_000);
  expect(await demand.newestAskedAtMs({ context: 'billing', table: 'stock' })).toBeNull();
});

test('a wish asks for its own table until a pass begins after it', async () => {
  await askForPass(db.pool, target, 'first', NOW_MS - 20_000);
  await askForPass(db.pool, target, 'second', NOW_MS - 5_000);
  expect(await demand.newestAskedAtMs(target)).toBe(NOW_MS - 5_000);
  expect(await demand.newestAskedAtMs({ ...target, table: 'other' })).toBeNull();

  await demand.begun(target, NOW_MS - 10_000);
  expect(await demand.newestAskedAtMs(target)).toBe(NOW_MS - 5_000);
  await demand.begun(target, NOW_MS);
  expect(await demand.newestAskedAtMs(target)).toBeNull();
});
