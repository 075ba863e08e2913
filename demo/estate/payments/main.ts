import { FaultSwitches, percentOf } from '../faultSwitches.ts';
import { health, serve } from '../httpServer.ts';
import { integerOf, objectOf, textOf } from '../jsonBody.ts';
import { startMessageConsumer } from '../messageConsumer.ts';
import { openService } from '../openService.ts';
import { putOutbox } from '../outbox.ts';
import { env, runService } from '../service.ts';

// Charges what was reserved. Some cards are declined: that is business as usual.
const SERVICE = 'payments';
const DECLINED_PERCENT = 2;
const DECLINED_UNDER_FAULT_PERCENT = 12;
const UNANSWERED_UNDER_FAULT_PERCENT = 8;

await runService(SERVICE, async () => {
  const { pool, kafka, relay, stops } = await openService(SERVICE, 6);
  const faults = new FaultSwitches();

  let isReady = false;
  const stopHttp = await serve(Number(env('PORT')), {
    'GET /healthz': async () => health(isReady),
    'POST /admin/faults': async ({ body }) => {
      const asked = objectOf(body);
      faults.set(textOf(asked, 'id'), asked.on === true);
      return { status: 200, body: { on: faults.list() } };
    },
  });
  const stopConsumer = await startMessageConsumer({
    kafka,
    service: SERVICE,
    groupId: 'payments-sagas',
    topics: ['shop.inventory'],
    pool,
    types: new Set(['ItemReserved']),
    afterCommit: () => relay.wake(),
    handle: async (client, message) => {
      const orderId = textOf(message.payload, 'orderId');
      const luck = percentOf(orderId);
      if (faults.isOn('stuck-saga') && luck >= 100 - UNANSWERED_UNDER_FAULT_PERCENT) return;
      const declined = luck < (faults.isOn('failed-compensation') ? DECLINED_UNDER_FAULT_PERCENT : DECLINED_PERCENT);
      const state = declined ? 'declined' : 'charged';
      const amount = integerOf(message.payload, 'quantity') * 10;
      await client.query('insert into payments (order_id, amount, state) values ($1, $2, $3) on conflict do nothing', [
        orderId,
        amount,
        state,
      ]);
      await putOutbox(client, SERVICE, [
        {
          topic: 'shop.payments',
          key: orderId,
          type: declined ? 'PaymentDeclined' : 'PaymentCharged',
          saga: 'place-order',
          correlationId: orderId,
          causationId: message.messageId,
          payload: { ...message.payload, amount },
        },
      ]);
    },
  });
  isReady = true;
  return [stopHttp, stopConsumer, ...stops];
});
