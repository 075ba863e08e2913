import { readFileSync } from 'node:fs';
import pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createTestDatabase } from '../tools/testDatabase.ts';
import { ABSENT_CANARY, CANARIES, FIRST_CANARY } from './estate/canaries.ts';
import { ownerOf, shareOf } from './estate/ownership.ts';
import { OWNER_QUERY } from './ownerQuery.ts';

const items = [...Array.from({ length: 2_000 }, (_, i) => i * 37 + 1), FIRST_CANARY - 1, ...CANARIES, ABSENT_CANARY];
let client: pg.Client;

beforeEach(async () => {
  client = new pg.Client(await createTestDatabase('owners'));
  await client.connect();
  await client.query(readFileSync(new URL('./estate/schema/messaging.sql', import.meta.url), 'utf8'));
});
afterEach(() => client.end());

/** Writes a share down as the estate does; returns the transaction that did. */
async function open(epoch: number, share: number): Promise<string> {
  const { rows } = await client.query(
    'insert into ownership_epoch (epoch, write_share) values ($1, $2) returning pg_current_xact_id()::text as id',
    [epoch, share],
  );
  return rows[0].id;
}

async function owners() {
  const { rows } = await client.query(OWNER_QUERY, [items.map(String)]);
  return new Map(rows.map(({ key, epoch, owner, since }) => [Number(key), { epoch: Number(epoch), owner, since }]));
}

it('places every item where the estate does', async () => {
  const { rows } = await client.query('select item_share(i) as share from unnest($1::bigint[]) as i', [items]);
  expect(rows.map(({ share }) => share)).toEqual(items.map(shareOf));
});

it('before the first change all belong to the monolith', async () => {
  for (const found of (await owners()).values()) expect(found).toEqual({ epoch: 0, owner: 'source', since: null });
});

it("an item's epoch is the last change that moved it", async () => {
  const first = await open(1, 0.6);
  const second = await open(2, 0.2);
  const found = await owners();
  for (const item of items) {
    const owner = ownerOf(item, 0.2) === 'monolith' ? 'source' : 'target';
    const share = shareOf(item);
    const moved =
      share < 0.2 ? { epoch: 1, since: first } : share < 0.6 ? { epoch: 2, since: second } : { epoch: 0, since: null };
    expect(found.get(item)).toEqual({ ...moved, owner });
  }
});
