import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../tools/testDatabase.ts';
import { commandStore } from '../adapters/store/commandStore.ts';
import { type Database, openDatabase } from '../adapters/store/database.ts';
import { createReadStore } from '../adapters/store/readStore.ts';
import { verdictStore } from '../adapters/store/verdictStore.ts';
import { BanyanError } from '../errors.ts';
import { askRecheck, type RecheckRequest } from './askRecheck.ts';
import type { CommandHandler } from './commandResult.ts';
import { readCommand } from './read/readCommand.ts';
import { LOCAL_OPERATOR } from './requireRole.ts';
import { runCommands } from './runCommands.ts';

const lines = (database: string) => ({ database, schema: 'public', table: 'lines', key: ['order_id', 'line'] });
const MIGRATION = {
  id: 'acme',
  name: 'Acme shop',
  contexts: [
    {
      id: 'inventory',
      name: 'Inventory',
      tables: [{ id: 'lines', source: lines('monolith'), target: lines('inventory'), topic: 'monolith.public.lines' }],
    },
  ],
};
/** Each look is a moment later, so that what was asked first is the oldest. */
const clock = { atMs: Date.UTC(2026, 10, 21, 12), nowMs: (): number => (clock.atMs += 1) };
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const KEY = '["7","1"]';

let database: Database;

beforeAll(async () => {
  const url = await createTestDatabase('commands');
  database = await openDatabase({ url, applicationName: 'test', migrate: true });
  await database.pool.query('insert into config_snapshot values ($1, $2, now())', ['sha256:1', MIGRATION]);
});
beforeEach(() => database.pool.query('truncate command, audit_entry'));
afterAll(() => database.close());

const reading = () => ({ store: createReadStore(database.pool), clock });

function ask(over: Partial<RecheckRequest> = {}, principal = LOCAL_OPERATOR): Promise<string> {
  const deps = { store: verdictStore(database.pool), clock, ids: { next: randomUUID } };
  const asked = { context: 'inventory', table: 'lines', keys: [KEY], idempotencyKey: null, ...over };
  return askRecheck(reading(), deps, principal, asked);
}

function run(handler: CommandHandler['run'], owner = 'worker', signal = new AbortController().signal): Promise<void> {
  const handlers = [{ kind: 'recheck', run: handler }];
  return runCommands({ store: commandStore(database.pool), handlers, owner, logger }, signal);
}

const resultOf = async (id: string) => (await readCommand(reading(), LOCAL_OPERATOR, id)).result;
const audited = async () =>
  (await database.pool.query('select principal, action, subject, detail from audit_entry')).rows;

describe('asking', () => {
  it('is audited with who asked, and waits for a worker', async () => {
    const id = await ask();
    expect(await readCommand(reading(), LOCAL_OPERATOR, id)).toMatchObject({
      kind: 'recheck',
      principal: LOCAL_OPERATOR.id,
      state: 'waiting',
      result: null,
    });
    expect(await audited()).toEqual([
      {
        principal: LOCAL_OPERATOR.id,
        action: 'rows.recheck',
        subject: 'inventory/lines',
        detail: { command: id, keys: [KEY] },
      },
    ]);
  });

  it('twice with one idempotency key is asking once, and another key asks again', async () => {
    const first = await ask({ idempotencyKey: 'click-1' });
    expect(await ask({ idempotencyKey: 'click-1' })).toBe(first);
    expect(await ask({ idempotencyKey: 'click-2' })).not.toBe(first);
    expect(await audited()).toHaveLength(2);
  });

  it.each([
    ['no key', { keys: [] }, LOCAL_OPERATOR, 'bad_input'],
    ['too many keys', { keys: Array.from({ length: 101 }, (_, i) => `["${i}","1"]`) }, LOCAL_OPERATOR, 'bad_input'],
    ['a key of too few columns', { keys: ['["7"]'] }, LOCAL_OPERATOR, 'bad_input'],
    ['a key that is no JSON', { keys: ['7'] }, LOCAL_OPERATOR, 'bad_input'],
    ['a table that is not mapped', { table: 'line' }, LOCAL_OPERATOR, 'not_found'],
    ['one who may only view', {}, { ...LOCAL_OPERATOR, roles: ['viewer'] as const }, 'forbidden'],
  ])('is refused for %s', async (_name, over, principal, code) => {
    await expect(ask(over, principal)).rejects.toMatchObject({ code });
    expect(await audited()).toEqual([]);
  });
});

describe('running', () => {
  it('goes by the order of asking, until nothing waits, and stores what was found', async () => {
    const ids = [await ask(), await ask(), await ask()];
    const order: string[] = [];
    await run(async ({ id, input }) => {
      order.push(id);
      return { findings: [], input };
    });
    expect(order).toEqual(ids);
    expect(await resultOf(order[0] ?? '')).toEqual({
      outcome: 'done',
      findings: [],
      input: { context: 'inventory', table: 'lines', keys: [KEY] },
    });
  });

  it('is done once by two workers that look at the same time', async () => {
    const asked = new Set(await Promise.all(Array.from({ length: 12 }, () => ask())));
    const ran: string[] = [];
    const handler: CommandHandler['run'] = async ({ id }) => {
      ran.push(id);
      await database.pool.query('select pg_sleep(0.02)');
      return {};
    };
    await Promise.all([run(handler, 'one'), run(handler, 'two')]);
    expect(new Set(ran)).toEqual(asked);
    expect(ran).toHaveLength(12);
    const { rows } = await database.pool.query('select distinct taken_by from command order by 1');
    expect(rows.map((row) => row.taken_by)).toEqual(['one', 'two']);
  });

  it('stores why a command failed, with the fix, and goes on with the next', async () => {
    const [bad, good] = [await ask(), await ask()];
    await run(async ({ id }) => {
      if (id === bad) throw new BanyanError('unavailable', 'the source is away', { fix: 'start it' });
      return {};
    });
    expect(await resultOf(bad)).toEqual({ outcome: 'failed', detail: 'the source is away', fix: 'start it' });
    expect(await resultOf(good)).toEqual({ outcome: 'done' });
  });

  it('leaves a command to the next worker if this one stops in the middle of it', async () => {
    const id = await ask();
    const stop = new AbortController();
    const stopped = run(
      async () => {
        stop.abort();
        return { findings: ['half'] };
      },
      'one',
      stop.signal,
    );
    await expect(stopped).rejects.toThrow('being stopped');
    expect(await readCommand(reading(), LOCAL_OPERATOR, id)).toMatchObject({ state: 'waiting', result: null });
    await run(async () => ({ findings: ['whole'] }), 'two');
    expect(await resultOf(id)).toEqual({ outcome: 'done', findings: ['whole'] });
  });

  it('leaves commands of other kinds alone', async () => {
    const id = await ask();
    await database.pool.query(`update command set kind = 'redeliver'`);
    await run(async () => ({}));
    expect(await readCommand(reading(), LOCAL_OPERATOR, id)).toMatchObject({ state: 'waiting' });
  });
});
