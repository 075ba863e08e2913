import { type Applier, startApplier } from '../applier.ts';
import { FaultSwitches } from '../faultSwitches.ts';
import { jsonClient } from '../httpClient.ts';
import { type Routes, serve } from '../httpServer.ts';
import { integerOf, objectOf } from '../jsonBody.ts';
import { openService } from '../openService.ts';
import { OwnershipGate } from '../ownershipGate.ts';
import { env, runService } from '../service.ts';
import { stockRoutes } from '../stockApi.ts';
import { startStockOwner } from '../stockOwner.ts';

// The legacy system: products, stock and orders in one database. It takes orders and hands them on to the orders
// service; it owns each item's stock until that is handed over, and follows the service's rows afterwards.
const SERVICE = 'monolith';

await runService(SERVICE, async () => {
  const { databaseUrl, pool, kafka, relay, stops } = await openService(SERVICE, 12);
  const faults = new FaultSwitches();
  const gate = new OwnershipGate();
  await gate.load(pool);
  const orders = jsonClient(env('ORDERS_URL'));
  let applier: Applier | undefined;
  let isReady = false;
  const table = 'inventory';

  const routes: Routes = {
    ...stockRoutes({
      service: SERVICE,
      pool,
      table,
      gate,
      relay,
      faults,
      applier: () => applier,
      isReady: () => isReady,
    }),
    'GET /api/products/:itemId': async ({ params }) => {
      const { rows } = await pool.query(
        'select item_id::int as "itemId", name, price from products where item_id = $1',
        [params.itemId],
      );
      return rows.length === 0 ? { status: 404, body: { error: 'no such product' } } : { status: 200, body: rows[0] };
    },
    'POST /api/orders': async ({ body }) => {
      const asked = objectOf(body);
      const placed = await orders.send('POST', '/api/orders', body);
      if (placed.status === 202) {
        await pool.query(
          'insert into orders (order_id, item_id, quantity) values ($1, $2, $3) on conflict do nothing',
          [objectOf(placed.body).orderId, integerOf(asked, 'itemId'), integerOf(asked, 'quantity')],
        );
      }
      return placed;
    },
    'POST /api/transfers': ({ body }) => orders.send('POST', '/api/transfers', body),
  };

  const stopHttp = await serve(Number(env('PORT')), routes);
  applier = await startApplier({
    kafka,
    service: SERVICE,
    groupId: 'monolith-applier',
    topic: 'inventory.public.stock_level',
    databaseUrl,
    table,
    origin: 'from_inventory_service',
    follows: (itemId) => gate.ownerOf(itemId) === 'inventory-service',
    faults: new FaultSwitches(),
  });
  const stopOwner = await startStockOwner({ kafka, service: SERVICE, pool, table, relay, faults });
  const stopApplier = applier.stop;
  isReady = true;
  return [stopHttp, stopOwner, () => stopApplier(), () => orders.close(), ...stops];
});
