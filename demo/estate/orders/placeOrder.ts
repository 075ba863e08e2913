import { randomUUID } from 'node:crypto';
import type { PoolClient } from 'pg';
import { integerOf, objectOf, textOf } from '../jsonBody.ts';
import type { Incoming } from '../messageConsumer.ts';
import { type OutboxMessage, putOutbox } from '../outbox.ts';
import type { Owner } from '../ownership.ts';

// The saga place-order, a choreography: this service begins it and ends it, stock and payment answer each other.

export interface NewOrder {
  readonly orderId: string;
  readonly itemId: number;
  readonly quantity: number;
}

/** An order as it was asked for, with an id of its own unless one was given. */
export function newOrder(body: unknown): NewOrder {
  const asked = objectOf(body);
  const orderId = typeof asked.orderId === 'string' ? asked.orderId : randomUUID();
  return { orderId, itemId: integerOf(asked, 'itemId'), quantity: integerOf(asked, 'quantity') };
}

/** Stores the order and announces it. The same id again changes nothing. */
export async function placeOrder(client: PoolClient, order: NewOrder, owner: Owner): Promise<void> {
  const { rowCount } = await client.query(
    `insert into orders (order_id, item_id, quantity, owner, state) values ($1, $2, $3, $4, 'placed') on conflict do nothing`,
    [order.orderId, order.itemId, order.quantity, owner],
  );
  if (rowCount === 0) return;
  await putOutbox(client, 'orders', [event('OrderPlaced', order.orderId, { ...order, owner })]);
}

/** Ends the order by what stock or payment said. */
export async function endOrder(client: PoolClient, message: Incoming): Promise<void> {
  const outcome = message.type === 'PaymentCharged' ? 'confirmed' : 'cancelled';
  const orderId = textOf(message.payload, 'orderId');
  const { rowCount } = await client.query(
    `update orders set state = $2, ended_at = now() where order_id = $1 and state = 'placed'`,
    [orderId, outcome],
  );
  if (rowCount === 0) return;
  const type = outcome === 'confirmed' ? 'OrderConfirmed' : 'OrderCancelled';
  await putOutbox(client, 'orders', [event(type, orderId, message.payload, message.messageId)]);
}

function event(type: string, orderId: string, payload: object, causationId?: string): OutboxMessage {
  return {
    topic: 'shop.orders',
    key: orderId,
    type,
    saga: 'place-order',
    correlationId: orderId,
    ...(causationId === undefined ? {} : { causationId }),
    payload,
  };
}
