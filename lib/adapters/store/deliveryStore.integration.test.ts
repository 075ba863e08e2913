import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createTestDatabase } from '../../../tools/testDatabase.ts';
import type { SendOutcome } from '../../core/alert/deliveryPlan.ts';
import type { OutgoingMessage, Sender } from '../../ports/sender.ts';
import { notify } from '../../services/notify.ts';
import { type Database, openDatabase } from './database.ts';
import { deliveryStore } from './deliveryStore.ts';

let database: Database;
beforeAll(async () => {
  database = await openDatabase({ url: await createTestDatabase('notify'), applicationName: 'test', migrate: true });
});
afterAll(() => database?.close());
beforeEach(() => database.pool.query('truncate outbox, delivery, webhook_endpoint cascade'));

const silent = { debug() {}, info() {}, warn() {}, error() {} };
let now = Date.now() + 1_000;

function receiver(id: string, answers: SendOutcome[], types: string[] | null = null) {
  const got: OutgoingMessage[] = [];
  const sender: Sender = {
    endpointId: id,
    types,
    async send(message) {
      got.push(message);
      return answers.shift() ?? { kind: 'answered', status: 204, retryAfterSec: null, tookMs: 1 };
    },
  };
  return { got, sender };
}

const tick = (...senders: Sender[]) =>
  notify({
    store: deliveryStore(database.pool),
    senders,
    clock: { nowMs: () => now },
    random: () => 0,
    logger: silent,
    status: { report() {} },
  });

async function put(id: string, type = 'gate.verdict.changed'): Promise<void> {
  await database.prisma.outbox.create({ data: { id, type, payload: { id }, createdAt: new Date() } });
}

it('delivers each message once to each endpoint that wants its type', async () => {
  await put('m1');
  await put('m2', 'saga.stuck');
  const all = receiver('all', []);
  const some = receiver('some', [], ['saga.stuck']);
  await tick(all.sender, some.sender);
  await tick(all.sender, some.sender);
  expect(all.got.map((m) => m.id)).toEqual(['m1', 'm2']);
  expect(some.got.map((m) => m.id)).toEqual(['m2']);
});

it('tries again with the same id when the wait is over, not before, and keeps the log', async () => {
  await put('m1');
  const { got, sender } = receiver('ops', [{ kind: 'answered', status: 500, retryAfterSec: null, tookMs: 4 }]);
  await tick(sender);
  await tick(sender);
  expect(got).toHaveLength(1);
  expect(await database.prisma.delivery.findFirst()).toMatchObject({ state: 'pending', attempts: 1, lastCode: 500 });
  now += 6_000;
  await tick(sender);
  expect(got.map((m) => m.id)).toEqual(['m1', 'm1']);
  expect(await database.prisma.delivery.findFirst()).toMatchObject({
    state: 'delivered',
    attempts: 2,
    lastError: null,
  });
});

it('stops sending to a receiver that is gone', async () => {
  await put('m1');
  const { got, sender } = receiver('ops', [{ kind: 'answered', status: 410, retryAfterSec: null, tookMs: 4 }]);
  await tick(sender);
  await put('m2');
  await tick(sender);
  expect(got).toHaveLength(1);
  expect(await database.prisma.webhookEndpoint.findFirst()).toMatchObject({ id: 'ops' });
});

it('gives a due delivery to one of two workers', async () => {
  await put('m1');
  const { got, sender } = receiver('ops', []);
  await Promise.all([tick(sender), tick(sender), tick(sender)]);
  expect(got).toHaveLength(1);
});
