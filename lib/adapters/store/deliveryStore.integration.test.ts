import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createTestDatabase } from '../../../tools/testDatabase.ts';
import type { SendOutcome } from '../../core/alert/deliveryPlan.ts';
import type { OutgoingMessage, Sender } from '../../ports/sender.ts';
import type { PartReport } from '../../ports/statusBoard.ts';
import { notify } from '../../services/notify.ts';
import { routeMessages } from '../../services/routeMessages.ts';
import { type Database, openDatabase } from './database.ts';
import { deliveryStore } from './deliveryStore.ts';

let database: Database;
beforeAll(async () => {
  database = await openDatabase({ url: await createTestDatabase('notify'), applicationName: 'test', migrate: true });
});
afterAll(() => database?.close());
beforeEach(async () => {
  await database.pool.query('truncate outbox, delivery, webhook_endpoint cascade');
  // Ahead of the store's clock, which says when a delivery is first due.
  now = Date.now() + 60_000;
});

const silent = { debug() {}, info() {}, warn() {}, error() {} };
let now = 0;

function receiver(id: string, answers: SendOutcome[], types: string[] | null = null, configDigest = 'one') {
  const got: OutgoingMessage[] = [];
  const sender: Sender = {
    endpointId: id,
    types,
    configDigest,
    async send(message) {
      got.push(message);
      return answers.shift() ?? { kind: 'answered', status: 204, retryAfterSec: null, tookMs: 1 };
    },
  };
  return { got, sender };
}

const reports = new Map<string, PartReport>();
const deps = () => ({
  store: deliveryStore(database.pool),
  clock: { nowMs: () => now },
  random: () => 0,
  logger: silent,
  status: { report: (report: PartReport) => void reports.set(report.part, report) },
});

const route = (...senders: Sender[]) => routeMessages(deps().store, senders);

async function tick(...senders: Sender[]): Promise<void> {
  await route(...senders);
  await Promise.all(senders.map((sender) => notify(deps(), sender, new AbortController().signal)));
}

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

it('stops sending to a receiver that is gone, and says so for as long as it is configured as it is', async () => {
  await put('m1');
  await put('m2');
  const { got, sender } = receiver('ops', [{ kind: 'answered', status: 410, retryAfterSec: null, tookMs: 4 }]);
  await tick(sender);
  await put('m3');
  await tick(sender);
  expect(got.map((m) => m.id)).toEqual(['m1']);
  expect((await database.prisma.delivery.findMany()).map((delivery) => delivery.state)).toEqual([
    'disabled',
    'disabled',
  ]);
  expect(reports.get('webhook:ops')).toMatchObject({
    state: 'down',
    detail: expect.stringContaining('410 Gone'),
    fix: expect.stringContaining('change the url of ops'),
  });

  const moved = receiver('ops', [], null, 'another');
  await put('m4');
  await tick(moved.sender);
  await tick(moved.sender);
  expect(moved.got.map((m) => m.id)).toEqual(['m4']);
  expect(reports.get('webhook:ops')?.state).toBe('ok');
});

it('gives a due delivery to one of two workers', async () => {
  await put('m1');
  const { got, sender } = receiver('ops', []);
  await Promise.all([tick(sender), tick(sender), tick(sender)]);
  expect(got).toHaveLength(1);
});

it('takes nothing for an endpoint that another worker has disabled', async () => {
  await put('m1');
  const { got, sender } = receiver('ops', []);
  await route(sender);
  await database.pool.query(`update webhook_endpoint set disabled_at = now(), reason = 'gone'`);
  await tick(sender);
  expect(got).toEqual([]);
});

it('holds up no other endpoint by a slow one, and ends within the send when it is stopped', async () => {
  await put('m1');
  const stop = new AbortController();
  const begun = Promise.withResolvers<void>();
  const slow: Sender = {
    ...receiver('slow', []).sender,
    send: (_message, signal) =>
      new Promise((done) => {
        begun.resolve();
        signal.addEventListener('abort', () => done({ kind: 'unanswered', reason: 'aborted', tookMs: 1 }));
      }),
  };
  const fast = receiver('fast', []);
  await route(slow, fast.sender);
  const waiting = notify(deps(), slow, stop.signal);
  await begun.promise;
  await notify(deps(), fast.sender, stop.signal);
  expect(fast.got.map((m) => m.id)).toEqual(['m1']);
  stop.abort();
  await waiting;
  const cutOff = await database.prisma.delivery.findFirst({ where: { endpoint: 'slow' } });
  expect(cutOff).toMatchObject({ state: 'pending', attempts: 0 });
});

it('leaves what waits behind the one under way to other workers', async () => {
  await put('m1');
  await put('m2');
  const { got, sender } = receiver('ops', []);
  await route(sender);
  const store = deps().store;
  expect((await store.take('ops', now, 30_000))?.message.id).toBe('m1');
  await tick(sender);
  expect(got.map((m) => m.id)).toEqual(['m2']);
});
