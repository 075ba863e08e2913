import type { PoolClient } from 'pg';

/** The stock table of one side: inventory at the monolith, stock_level at the service. */
export type StockTable = 'inventory' | 'stock_level';

const TOUCH = 'version = version + 1, updated_at = clock_timestamp()';

/** Adds `delta` to the quantity; false if the item is not there or what is left would not cover its reservations. */
export async function adjust(client: PoolClient, table: StockTable, itemId: number, delta: number): Promise<boolean> {
  const { rowCount } = await client.query(
    `update ${table} set quantity = quantity + $2, ${TOUCH} where item_id = $1 and quantity + $2 >= reserved`,
    [itemId, delta],
  );
  return rowCount === 1;
}

/** Reserves stock for an order, once; false if there is not enough. */
export async function reserve(
  client: PoolClient,
  table: StockTable,
  order: { readonly orderId: string; readonly itemId: number; readonly quantity: number },
): Promise<boolean> {
  const { rowCount } = await client.query(
    `update ${table} set reserved = reserved + $2, ${TOUCH} where item_id = $1 and quantity - reserved >= $2`,
    [order.itemId, order.quantity],
  );
  if (rowCount !== 1) return false;
  await client.query(`insert into reservation (order_id, item_id, quantity, state) values ($1, $2, $3, 'held')`, [
    order.orderId,
    order.itemId,
    order.quantity,
  ]);
  return true;
}

/** Ends a reservation: `consumed` takes the stock away, `released` gives it back. Nothing happens if none is held. */
export async function endReservation(
  client: PoolClient,
  table: StockTable,
  orderId: string,
  how: 'consumed' | 'released',
): Promise<boolean> {
  const { rows } = await client.query<{ item_id: string; quantity: number }>(
    `update reservation set state = $2 where order_id = $1 and state = 'held' returning item_id, quantity`,
    [orderId, how],
  );
  const [held] = rows;
  if (held === undefined) return false;
  const taken = how === 'consumed' ? 'quantity = quantity - $2, ' : '';
  await client.query(`update ${table} set ${taken}reserved = reserved - $2, ${TOUCH} where item_id = $1`, [
    held.item_id,
    held.quantity,
  ]);
  return true;
}
