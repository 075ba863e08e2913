import pg from 'pg';
import { z } from 'zod';
import { waitFor } from '../waitFor.ts';

export interface InventoryDatabases {
  readonly monolith: string;
  readonly inventory: string;
}

const rowSchema = z.object({
  item_id: z.coerce.number(),
  quantity: z.number(),
  reserved: z.number(),
  version: z.string(),
  updated_at: z.string(),
});

/** One item's row, as text where a number would lose digits. */
export type InventoryRow = z.infer<typeof rowSchema>;

export type Side = 'monolith' | 'inventory';

const TABLE: Readonly<Record<Side, string>> = { monolith: 'inventory', inventory: 'stock_level' };

/** Opens a connection for one piece of work and closes it again. */
export async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'demo' });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

/**
 * Runs the work in a session with a replication origin: captures with origin=none leave its changes out.
 * The origin belongs to one session at a time, so it is given back at the end.
 */
export async function underOrigin<T>(url: string, origin: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  return withClient(url, async (client) => {
    await client.query(
      `select pg_replication_origin_create($1)
        where not exists (select from pg_replication_origin where roname = $1)`,
      [origin],
    );
    await client.query('select pg_replication_origin_session_setup($1)', [origin]);
    try {
      return await work(client);
    } finally {
      await client.query('select pg_replication_origin_session_reset()');
    }
  });
}

/** The rows of these items on one side, by item. */
export async function readRows(
  databases: InventoryDatabases,
  side: Side,
  itemIds: readonly number[],
): Promise<Map<number, InventoryRow>> {
  const { rows } = await withClient(databases[side], (client) =>
    client.query(
      `select item_id::text, quantity, reserved, version::text, updated_at::text
         from ${TABLE[side]} where item_id = any($1::bigint[])`,
      [itemIds],
    ),
  );
  return new Map(
    z
      .array(rowSchema)
      .parse(rows)
      .map((row) => [row.item_id, row]),
  );
}

/** Items whose rows differ now. While the estate works on them that says little; while they are reserved it is exact. */
export async function differingItems(databases: InventoryDatabases, itemIds: readonly number[]): Promise<number[]> {
  const [left, right] = await Promise.all([
    readRows(databases, 'monolith', itemIds),
    readRows(databases, 'inventory', itemIds),
  ]);
  return itemIds.filter((id) => JSON.stringify(left.get(id)) !== JSON.stringify(right.get(id)));
}

/** Waits until nothing changes any more on these items and both sides agree: what was under way has ended. */
export async function untilSettled(databases: InventoryDatabases, itemIds: readonly number[]): Promise<void> {
  let before = '';
  let calmRounds = 0;
  await waitFor(
    async () => {
      const left = [...(await readRows(databases, 'monolith', itemIds))].sort();
      const right = [...(await readRows(databases, 'inventory', itemIds))].sort();
      const now = JSON.stringify(left);
      calmRounds = now === before && now === JSON.stringify(right) ? calmRounds + 1 : 0;
      before = now;
      return calmRounds >= 4 ? true : undefined;
    },
    { what: `items ${itemIds.join(', ')} at rest`, timeoutMs: 20_000, everyMs: 250 },
  );
}

/** Makes one side's rows equal to the other's, under an origin of its own, so that nothing echoes. */
export async function copyRows(databases: InventoryDatabases, from: Side, itemIds: readonly number[]): Promise<void> {
  if (itemIds.length === 0) return;
  const to: Side = from === 'monolith' ? 'inventory' : 'monolith';
  const { rows } = await withClient(databases[from], (client) =>
    client.query(
      `select item_id::text, sku, quantity, reserved, version::text, updated_at::text
         from ${TABLE[from]} where item_id = any($1::bigint[])`,
      [itemIds],
    ),
  );
  await underOrigin(databases[to], 'demo_repair', (client) =>
    client.query(
      `insert into ${TABLE[to]} (item_id, sku, quantity, reserved, version, updated_at)
       select item_id, sku, quantity, reserved, version, updated_at
         from jsonb_to_recordset($1::jsonb) as r(item_id bigint, sku text, quantity int, reserved int,
                                                 version bigint, updated_at timestamptz)
       on conflict (item_id) do update set sku = excluded.sku, quantity = excluded.quantity,
         reserved = excluded.reserved, version = excluded.version, updated_at = excluded.updated_at`,
      [JSON.stringify(rows)],
    ),
  );
}
