import type { Kafka } from 'kafkajs';
import type { Pool, PoolClient } from 'pg';
import { type FaultSwitches, percentOf } from './faultSwitches.ts';
import { integerOf, textOf } from './jsonBody.ts';
import { type Incoming, startMessageConsumer } from './messageConsumer.ts';
import { type OutboxMessage, putOutbox, type Relay } from './outbox.ts';
import type { Owner } from './ownership.ts';
import { adjust, endReservation, reserve, type StockTable } from './stock.ts';

export interface StockOwnerOptions {
  readonly kafka: Kafka;
  readonly service: Owner;
  readonly pool: Pool;
  readonly table: StockTable;
  readonly relay: Relay;
  readonly faults: FaultSwitches;
}

const TYPES = new Set(['OrderPlaced', 'OrderConfirmed', 'PaymentDeclined', 'DebitStock', 'CreditStock', 'RefundStock']);

/** Credits that are refused, in percent: the normal business reason for a compensation of a transfer. */
const REFUSED_CREDITS_PERCENT = 2;

/**
 * The part that one side has in the sagas, for the items that it owned when the saga reached it: reserves, consumes and
 * releases stock for orders, and answers the commands of transfers.
 */
export function startStockOwner(options: StockOwnerOptions): Promise<() => Promise<void>> {
  return startMessageConsumer({
    kafka: options.kafka,
    service: options.service,
    groupId: `${options.service}-sagas`,
    topics: ['shop.orders', 'shop.payments', 'shop.transfers.commands'],
    pool: options.pool,
    types: TYPES,
    afterCommit: () => options.relay.wake(),
    handle: async (client, message) => {
      if (message.payload.owner !== options.service) return;
      const answers = message.topic === 'shop.transfers.commands' ? transfer : order;
      await putOutbox(client, options.service, await answers(client, message, options));
    },
  });
}

async function order(client: PoolClient, message: Incoming, options: StockOwnerOptions): Promise<OutboxMessage[]> {
  const { payload } = message;
  const orderId = textOf(payload, 'orderId');
  const itemId = integerOf(payload, 'itemId');
  const event = (type: string): OutboxMessage[] => [
    {
      topic: 'shop.inventory',
      key: orderId,
      type,
      saga: 'place-order',
      correlationId: message.correlationId,
      causationId: message.messageId,
      payload,
    },
  ];
  switch (message.type) {
    case 'OrderPlaced': {
      const quantity = integerOf(payload, 'quantity');
      const done = await reserve(client, options.table, { orderId, itemId, quantity });
      return event(done ? 'ItemReserved' : 'ReservationFailed');
    }
    case 'OrderConfirmed':
      await endReservation(client, options.table, orderId, 'consumed');
      return [];
    case 'PaymentDeclined':
      if (options.faults.isOn('failed-compensation')) return event('ReservationReleaseFailed');
      return (await endReservation(client, options.table, orderId, 'released')) ? event('ReservationReleased') : [];
    default:
      return [];
  }
}

async function transfer(client: PoolClient, message: Incoming, options: StockOwnerOptions): Promise<OutboxMessage[]> {
  const { payload } = message;
  const itemId = integerOf(payload, 'itemId');
  const quantity = integerOf(payload, 'quantity');
  const reply = (type: string): OutboxMessage[] => [
    {
      topic: 'shop.transfers.replies',
      key: message.correlationId,
      type,
      saga: 'transfer-stock',
      correlationId: message.correlationId,
      causationId: message.messageId,
      payload,
    },
  ];
  switch (message.type) {
    case 'DebitStock':
      return reply((await adjust(client, options.table, itemId, -quantity)) ? 'StockDebited' : 'StockDebitRefused');
    case 'CreditStock': {
      if (percentOf(message.correlationId) < REFUSED_CREDITS_PERCENT) return reply('StockCreditRefused');
      return reply((await adjust(client, options.table, itemId, quantity)) ? 'StockCredited' : 'StockCreditRefused');
    }
    case 'RefundStock':
      if (options.faults.isOn('failed-compensation')) return reply('StockRefundFailed');
      return reply((await adjust(client, options.table, itemId, quantity)) ? 'StockRefunded' : 'StockRefundFailed');
    default:
      return [];
  }
}
