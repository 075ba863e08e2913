import type pg from 'pg';
import { health, serve } from '../httpServer.ts';
import { inTransaction, startMessageConsumer } from '../messageConsumer.ts';
import { openService } from '../openService.ts';
import { moves } from '../ownership.ts';
import { OwnershipGate } from '../ownershipGate.ts';
import { env, runService } from '../service.ts';
import { ownershipRoutes } from '../stockApi.ts';
import { endOrder, newOrder, placeOrder } from './placeOrder.ts';
import { continueTransfer, newTransfer, startTransfer, TRANSFER_REPLIES } from './transferStock.ts';

// Orders and transfers: begins each saga, stamps it with the owners of its items, and ends it.
const SERVICE = 'orders';

const ENDING = new Set(['PaymentCharged', 'PaymentDeclined', 'ReservationFailed', ...TRANSFER_REPLIES]);

await runService(SERVICE, async () => {
  const { pool, kafka, relay, stops } = await openService(SERVICE, 10);
  const gate = new OwnershipGate();
  await gate.load(pool);

  let isReady = false;
  const stopHttp = await serve(Number(env('PORT')), {
    'POST /api/orders': ({ body }) => {
      const order = newOrder(body);
      return gate.enter([order.itemId], async () => {
        await inTransaction(pool, (client) => placeOrder(client, order, gate.ownerOf(order.itemId)));
        relay.wake();
        return { status: 202, body: { orderId: order.orderId } };
      });
    },
    'GET /api/orders/:orderId': async ({ params }) => {
      const { rows } = await pool.query('select * from orders where order_id = $1', [params.orderId]);
      return rows.length === 0 ? { status: 404, body: { error: 'no such order' } } : { status: 200, body: rows[0] };
    },
    'POST /api/transfers': ({ body }) => {
      const transfer = newTransfer(body);
      return gate.enter([transfer.fromItem, transfer.toItem], async () => {
        const owners = { from: gate.ownerOf(transfer.fromItem), to: gate.ownerOf(transfer.toItem) };
        await inTransaction(pool, (client) => startTransfer(client, transfer, owners));
        relay.wake();
        return { status: 202, body: { transferId: transfer.transferId } };
      });
    },
    'GET /healthz': async () => health(isReady),
    ...ownershipRoutes(gate, pool, async (from, to) => ({
      quiet: gate.isQuiet() && (await openSagas(pool, from, to)) === 0,
      digest: '',
    })),
  });
  const stopConsumer = await startMessageConsumer({
    kafka,
    service: SERVICE,
    groupId: 'orders-sagas',
    topics: ['shop.inventory', 'shop.payments', 'shop.transfers.replies'],
    pool,
    types: ENDING,
    afterCommit: () => relay.wake(),
    handle: (client, message) =>
      TRANSFER_REPLIES.has(message.type) ? continueTransfer(client, message) : endOrder(client, message),
  });
  isReady = true;
  return [stopHttp, stopConsumer, ...stops];
});

/** Sagas under way that touch items which move between the two shares; what is past its deadline goes nowhere. */
async function openSagas(pool: pg.Pool, from: number, to: number): Promise<number> {
  const { rows } = await pool.query<{ item_id: string }>(
    `select item_id from orders where state = 'placed' and created_at > now() - interval '12 s'
     union all select unnest(array[from_item, to_item]) from transfers
     where ended_at is null and created_at > now() - interval '12 s'`,
  );
  return rows.filter((row) => moves(Number(row.item_id), from, to)).length;
}
