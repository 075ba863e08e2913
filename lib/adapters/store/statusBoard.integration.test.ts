import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { createTestDatabase } from '../../../tools/testDatabase.ts';
import { type Database, openDatabase } from './database.ts';
import { type NamedParts, startStatusBoard } from './statusBoard.ts';

const QUIET = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const NAMED: NamedParts = { digest: 'new', kinds: ['topic', 'webhook'], parts: ['topic:orders'] };

let database: Database;

beforeAll(async () => {
  const url = await createTestDatabase('status');
  database = await openDatabase({ url, applicationName: 'test', migrate: true });
});
afterAll(() => database.close());
beforeEach(async () => {
  await database.pool.query('truncate part_status, config_snapshot');
  await database.pool.query(
    `insert into config_snapshot (digest, body, loaded_at) values ('old', '{}', now() - interval '1 hour'), ('new', '{}', now())`,
  );
  await database.pool.query(
    `insert into part_status (part, worker, state, detail, since_at, checked_at)
     select part, worker, 'ok', '', now(), now() - make_interval(mins => minutes)
     from (values ('topic:orders', 'a', 5), ('topic:gone', 'a', 5), ('topic:gone', 'b', 0), ('webhook:gone', 'a', 5),
       ('kafka', 'a', 5), ('other:part', 'a', 5)) p (part, worker, minutes)`,
  );
});

const kept = async () => {
  const { rows } = await database.pool.query<{ name: string }>(
    `select part || ' of ' || worker as name from part_status order by 1`,
  );
  return rows.map(({ name }) => name);
};

it('forgets silent parts that the newest configuration does not name, and nothing else', async () => {
  const board = startStatusBoard(database.pool, 'c', QUIET, NAMED);
  await vi.waitUntil(async () => !(await kept()).includes('webhook:gone of a'), { timeout: 10_000 });
  await board.stop();
  expect(await kept()).toEqual(['kafka of a', 'other:part of a', 'topic:gone of b', 'topic:orders of a']);
});

it('leaves that to who runs the newest configuration', async () => {
  const before = await kept();
  const looked = vi.spyOn(database.pool, 'query');
  const board = startStatusBoard(database.pool, 'c', QUIET, { ...NAMED, digest: 'old' });
  await vi.waitUntil(() => looked.mock.calls.some(([text]) => String(text).startsWith('delete')), { timeout: 10_000 });
  await board.stop();
  looked.mockRestore();
  expect(await kept()).toEqual(before);
});
