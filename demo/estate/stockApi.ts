import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import type { Applier } from './applier.ts';
import type { FaultSwitches } from './faultSwitches.ts';
import { health, type Reply, type Routes } from './httpServer.ts';
import { integerOf, integersOf, numberOf, objectOf, textOf } from './jsonBody.ts';
import { inTransaction } from './messageConsumer.ts';
import { putOutbox, type Relay } from './outbox.ts';
import { moves, type Owner } from './ownership.ts';
import type { OwnershipGate } from './ownershipGate.ts';
import { adjust, type StockTable } from './stock.ts';

export interface StockApiOptions {
  readonly service: Owner;
  readonly pool: Pool;
  readonly table: StockTable;
  readonly gate: OwnershipGate;
  readonly relay: Relay;
  readonly faults: FaultSwitches;
  readonly applier: () => Applier | undefined;
  readonly isReady: () => boolean;
}

/** Misdirected: the item belongs to the other side. */
const NOT_OWNER = 421;

/** What monolith and service both serve: stock lookups and adjustments, health, and the switches of their operators. */
export function stockRoutes(options: StockApiOptions): Routes {
  const { pool, table, gate, faults } = options;
  return {
    'GET /api/inventory/:itemId': async ({ params }) => {
      const misbehaviour = await misbehave(faults);
      if (misbehaviour !== null) return misbehaviour;
      const { rows } = await pool.query({
        name: 'lookup',
        text: `select item_id::int as "itemId", sku, quantity, reserved, version::int from ${table} where item_id = $1`,
        values: [params.itemId],
      });
      return rows.length === 0 ? { status: 404, body: { error: 'no such item' } } : { status: 200, body: rows[0] };
    },
    'POST /api/inventory/adjust': async ({ body }) => {
      const asked = objectOf(body);
      const itemId = integerOf(asked, 'itemId');
      const delta = integerOf(asked, 'delta');
      return gate.enter([itemId], () => adjustOwned(options, itemId, delta));
    },
    'GET /healthz': async () => health(options.isReady(), { applier: options.applier()?.counts ?? null }),
    'POST /admin/faults': async ({ body }) => {
      const asked = objectOf(body);
      faults.set(textOf(asked, 'id'), asked.on === true, integersOf(asked, 'itemIds'));
      return { status: 200, body: { on: faults.list() } };
    },
    ...ownershipRoutes(gate, pool, async (from, to) => ({
      quiet: gate.isQuiet() && (await movingReservations(pool, from, to)) === 0,
      digest: await digestOf(pool, table, from, to),
    })),
  };
}

/** The steps by which the facade changes the write share; `state` says whether this service has drained. */
export function ownershipRoutes(
  gate: OwnershipGate,
  pool: Pool,
  state: (from: number, to: number) => Promise<{ quiet: boolean; digest: string }>,
): Routes {
  return {
    'GET /admin/ownership': async () => ({ status: 200, body: { share: gate.share, epoch: gate.epoch } }),
    'PUT /admin/ownership': async ({ body }) => {
      const asked = objectOf(body);
      const phase = textOf(asked, 'phase');
      if (phase === 'prepare') gate.prepare(numberOf(asked, 'share'));
      else if (phase === 'commit') await gate.commit(pool, numberOf(asked, 'share'), BigInt(textOf(asked, 'epoch')));
      else gate.release();
      return { status: 200, body: { share: gate.share, epoch: gate.epoch } };
    },
    'GET /admin/drained': async ({ query }) => ({
      status: 200,
      body: await state(Number(query.get('from')), Number(query.get('to'))),
    }),
  };
}

async function adjustOwned(options: StockApiOptions, itemId: number, delta: number): Promise<Reply> {
  const { gate, service, pool, table, relay } = options;
  const owner = gate.ownerOf(itemId);
  if (owner !== service) return { status: NOT_OWNER, body: { owner } };
  const done = await inTransaction(pool, async (client) => {
    if (!(await adjust(client, table, itemId, delta))) return false;
    const key = String(itemId);
    await putOutbox(client, service, [
      { topic: 'shop.inventory', key, type: 'StockAdjusted', correlationId: key, payload: { itemId, delta } },
    ]);
    return true;
  });
  relay.wake();
  return done
    ? { status: 200, body: { itemId, delta, owner } }
    : { status: 409, body: { error: 'no such item, or less stock than is reserved' } };
}

/** slow-reads and read-errors; null when the read goes on as it should. */
async function misbehave(faults: FaultSwitches): Promise<Reply | null> {
  if (faults.isOn('slow-reads')) await new Promise((resolve) => setTimeout(resolve, 80 + Math.random() * 70));
  if (faults.isOn('read-errors') && Math.random() < 0.05) return { status: 503, body: { error: 'the read failed' } };
  return null;
}

/** Reservations on moving items that an order under way will still end; those of a stuck order are left behind. */
async function movingReservations(pool: Pool, from: number, to: number): Promise<number> {
  const { rows } = await pool.query<{ item_id: string }>(
    `select item_id from reservation where state = 'held' and at > now() - interval '12 s'`,
  );
  return rows.filter((row) => moves(Number(row.item_id), from, to)).length;
}

/** One figure for the rows that move: equal on both sides when everything about them has arrived. */
async function digestOf(pool: Pool, table: StockTable, from: number, to: number): Promise<string> {
  const { rows } = await pool.query<{ item_id: string; version: string; quantity: number; reserved: number }>(
    `select item_id, version, quantity, reserved from ${table} order by item_id`,
  );
  const hash = createHash('sha256');
  for (const row of rows) {
    if (moves(Number(row.item_id), from, to))
      hash.update(`${row.item_id},${row.version},${row.quantity},${row.reserved};`);
  }
  return hash.digest('hex');
}
