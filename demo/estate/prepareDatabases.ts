import { readFileSync } from 'node:fs';
import pg from 'pg';
import { CANARIES } from './canaries.ts';

export interface EstateDatabases {
  readonly monolith: string;
  readonly inventory: string;
  readonly orders: string;
  readonly payments: string;
}

const sql = (name: string): string => readFileSync(new URL(`./schema/${name}.sql`, import.meta.url), 'utf8');

export interface PrepareOptions {
  readonly items: number;
  readonly readerPassword: string;
  /** Of the role that may write canaries; without it there are none. */
  readonly canaryPassword?: string;
}

/**
 * Creates the tables of the estate, the origins of its two appliers and the roles for Banyan, and seeds the monolith with
 * `items` products. Run again, it changes nothing that is there.
 * @param databases URLs as the superuser.
 */
export async function prepareDatabases(databases: EstateDatabases, options: PrepareOptions): Promise<void> {
  await inDatabase(databases.monolith, async (client) => {
    await client.query(sql('messaging') + sql('stock').replaceAll(':table', 'inventory') + sql('monolith'));
    await seed(client, options.items);
    await createOrigin(client, 'from_inventory_service');
  });
  await inDatabase(databases.inventory, async (client) => {
    await client.query(sql('messaging') + sql('stock').replaceAll(':table', 'stock_level'));
    await createOrigin(client, 'from_monolith');
  });
  await inDatabase(databases.orders, (client) => client.query(sql('messaging') + sql('orders')));
  await inDatabase(databases.payments, (client) => client.query(sql('messaging') + sql('payments')));
  await inDatabase(databases.monolith, async (client) => {
    // Both databases are in one server: four connections each for the worker, and as many for a command beside it.
    await createRole(client, 'banyan_ro', 20, options.readerPassword);
    // So that Banyan sees other sessions and replicas, and keeps out of their way.
    await client.query('grant pg_read_all_stats to banyan_ro');
  });
  for (const url of [databases.monolith, databases.inventory]) {
    await inDatabase(url, async (client) => {
      await client.query(`grant connect on database ${pg.escapeIdentifier(client.database ?? '')} to banyan_ro`);
      await client.query(`grant usage on schema public to banyan_ro; grant select on all tables in schema public to banyan_ro;
        revoke temporary on database ${pg.escapeIdentifier(client.database ?? '')} from public;
        alter default privileges in schema public grant select on tables to banyan_ro`);
    });
  }
  if (options.canaryPassword !== undefined) await prepareCanaries(databases, options.canaryPassword);
}

/** Rows that nobody trades, and the role that may make them wrong at the service. */
async function prepareCanaries(databases: EstateDatabases, password: string): Promise<void> {
  await inDatabase(databases.monolith, async (client) => {
    // As the goods: not for the change ledger.
    await client.query('set session_replication_role = replica');
    await client.query(
      `insert into inventory (item_id, sku, quantity, reserved, version, updated_at)
       select i, 'CANARY-' || i, 100 + i % 7, 1 + i % 3, 1, clock_timestamp() from unnest($1::bigint[]) i on conflict do nothing`,
      [CANARIES],
    );
    await client.query('reset session_replication_role');
    await createRole(client, 'banyan_canary', 2, password);
  });
  await inDatabase(databases.inventory, (client) =>
    client.query(`grant connect on database ${pg.escapeIdentifier(client.database ?? '')} to banyan_canary;
      grant usage on schema public to banyan_canary;
      grant select, insert, update, delete on stock_level to banyan_canary`),
  );
}

async function seed(client: pg.Client, items: number): Promise<void> {
  // Without triggers: what is there before the capture comes as its snapshot, not as changes for the change ledger.
  await client.query('set session_replication_role = replica');
  await client.query(
    `insert into products select i, 'Product ' || i, 5 + (i * 37 % 9500) / 100.0 from generate_series(1, $1) i on conflict do nothing`,
    [items],
  );
  await client.query(
    `insert into inventory (item_id, sku, quantity, reserved, version, updated_at)
     select i, 'SKU-' || lpad(i::text, 6, '0'), 100000 + i * 7919 % 1000, 0, 1, clock_timestamp() from generate_series(1, $1) i
     on conflict do nothing`,
    [items],
  );
  await client.query('reset session_replication_role');
}

async function createRole(client: pg.Client, name: string, connections: number, password: string): Promise<void> {
  const found = await client.query('select 1 from pg_roles where rolname = $1', [name]);
  if (found.rowCount === 0) await client.query(`create role ${name} login`);
  await client.query(`alter role ${name} connection limit ${connections} password ${pg.escapeLiteral(password)}`);
}

async function createOrigin(client: pg.Client, name: string): Promise<void> {
  await client.query(
    'select pg_replication_origin_create($1) where not exists (select from pg_replication_origin where roname = $1)',
    [name],
  );
}

async function inDatabase(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: 'estate-setup' });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
