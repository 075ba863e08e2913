import { randomUUID } from 'node:crypto';
import { Pool } from 'undici';
import { serve } from '../httpServer.ts';
import { integersOf, numberOf, objectOf } from '../jsonBody.ts';
import { env, runService } from '../service.ts';
import { ItemChoice } from './itemChoice.ts';
import { Ledger, type LedgerEntry, type Operation } from './ledger.ts';

// The customers: an open loop at a set rate, so that a slow answer does not slow the next request down.
const SERVICE = 'load';
const TICK_MS = 20;
const MOST_IN_FLIGHT = 400;
const SKEW = 0.8;

/** Shares of the operations; the rest are lookups. */
const MIX: readonly [Operation, number][] = [
  ['order', 0.2],
  ['transfer', 0.05],
  ['adjust', 0.2],
];

await runService(SERVICE, async () => {
  const items = Number(env('ITEMS'));
  const ledger = new Ledger(env('DATA_DIR'));
  const choice = new ItemChoice(items, SKEW);
  const facade = new Pool(env('FACADE_URL'), { connections: 128, headersTimeout: 20_000, bodyTimeout: 20_000 });
  let rate = Number(process.env.RATE ?? '40');
  let inFlight = 0;
  let owed = 0;

  const operate = async (operation: Operation): Promise<void> => {
    const itemId = choice.next(Math.random);
    const id = operation === 'order' || operation === 'transfer' ? randomUUID() : undefined;
    const [method, path, body] = requestOf(operation, itemId, id, choice);
    const base = { at: new Date().toISOString(), operation, itemId, ...(id === undefined ? {} : { id }) };
    inFlight += 1;
    try {
      const response = await facade.request({
        method,
        path,
        headers: { 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      await response.body.dump();
      const status = response.statusCode;
      const route = String(response.headers['x-banyan-route'] ?? 'none');
      ledger.add({ ...base, status, route, outcome: outcomeOf(status) });
    } catch {
      ledger.add({ ...base, status: 0, route: 'none', outcome: 'unknown' });
    } finally {
      inFlight -= 1;
    }
  };

  let lastTick = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    // After a long pause of this process the missed operations are not made up for.
    owed += (Math.min(now - lastTick, 1_000) / 1_000) * rate;
    lastTick = now;
    for (; owed >= 1; owed -= 1) {
      if (inFlight >= MOST_IN_FLIGHT) ledger.shed();
      else void operate(drawOperation(Math.random()));
    }
  }, TICK_MS);

  const stopHttp = await serve(Number(env('PORT')), {
    'GET /healthz': async () => ({ status: 200, body: { ready: true, rate, inFlight } }),
    'GET /ledger': async () => ({ status: 200, body: { ...ledger.summary(), inFlight } }),
    'PUT /admin/rate': async ({ body }) => {
      const wanted = numberOf(objectOf(body), 'rate');
      if (wanted < 0 || wanted > 10_000) return { status: 400, body: { error: 'the rate is between 0 and 10000' } };
      rate = wanted;
      return { status: 200, body: { rate } };
    },
    'PUT /admin/reserved': async ({ body }) => {
      choice.reserve(integersOf(objectOf(body), 'itemIds'));
      return { status: 200, body: { itemIds: choice.reserved } };
    },
  });
  return [
    async () => clearInterval(timer),
    async () => {
      const giveUpAt = Date.now() + 2_000;
      while (inFlight > 0 && Date.now() < giveUpAt) await new Promise((resolve) => setTimeout(resolve, 20));
    },
    stopHttp,
    () => ledger.close(),
    () => facade.destroy(),
  ];
});

function drawOperation(random: number): Operation {
  let sum = 0;
  for (const [operation, share] of MIX) {
    sum += share;
    if (random < sum) return operation;
  }
  return 'lookup';
}

function requestOf(
  operation: Operation,
  itemId: number,
  id: string | undefined,
  choice: ItemChoice,
): ['GET' | 'POST', string, object?] {
  switch (operation) {
    case 'lookup':
      return ['GET', `/api/inventory/${itemId}`];
    case 'adjust':
      return ['POST', '/api/inventory/adjust', { itemId, delta: Math.random() < 0.5 ? -1 : 1 }];
    case 'order':
      return ['POST', '/api/orders', { orderId: id, itemId, quantity: 1 }];
    case 'transfer':
      return [
        'POST',
        '/api/transfers',
        { transferId: id, fromItem: itemId, toItem: choice.next(Math.random), quantity: 1 },
      ];
    default:
      return operation satisfies never;
  }
}

function outcomeOf(status: number): LedgerEntry['outcome'] {
  if (status >= 500) return 'failed';
  return status >= 400 ? 'refused' : 'ok';
}
