import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { STOCK, type StillTables, stillTables, watchedStore } from '../../tools/stillTables.ts';
import { ConnectClient } from '../adapters/connect/connectClient.ts';
import type { TableMapping } from '../core/migration/definition.ts';
import { verifyTable } from '../services/verifyTable.ts';
import { captureCheck } from './inspectFlows.ts';

// A pass on equal tables whose changes can't be captured: equal as they are now, they are not CLEAN.
const MAPPING: TableMapping = {
  ...STOCK,
  connector: 'monolith',
  capture: { decimal: 'string' },
  reverse: { topic: 'inventory.public.stock_level', connector: 'inventory', applied: STOCK.applied },
};
const SLOT = "select pg_create_logical_replication_slot(current_database()::text, 'test_decoding')";
const DROP = 'select pg_drop_replication_slot(slot_name) from pg_replication_slots where database = current_database()';

let tables: StillTables;
let connect: Server;
let url: string;
/** What Kafka Connect says of its connectors. */
let settings: Record<string, Record<string, string>>;
beforeEach(async () => {
  tables = await stillTables(30);
  await tables.source.query(SLOT);
  settings = {
    monolith: { 'slot.name': new URL(tables.sourceUrl).pathname.slice(1), 'decimal.handling.mode': 'string' },
  };
  connect = createServer(({ url: asked = '' }, response) => {
    const known = settings[asked.split('/')[2] ?? ''];
    response.writeHead(known === undefined ? 404 : 200).end(JSON.stringify(known));
  });
  await new Promise<void>((done) => connect.listen(0, '127.0.0.1', done));
  const address = connect.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  url = `http://127.0.0.1:${address.port}`;
});
afterEach(async () => {
  connect.closeAllConnections();
  await new Promise((done) => connect.close(done));
  await tables.source.query(DROP);
  await tables.close();
});

function pass(meanwhile: () => Promise<unknown> = async () => undefined) {
  const databases = { get: (id: string) => (id === 'monolith' ? tables.from : tables.to) };
  const capture = captureCheck(MAPPING, databases, new ConnectClient({ url }));
  const table = tables.worker({}, (store) =>
    watchedStore(store, async (name, call) => {
      const done = await call();
      if (name === 'finishRange') await meanwhile();
      return done;
    }),
  );
  return verifyTable(table, 'worker', new AbortController().signal, { facts: tables.facts, capture });
}

const runs = async () => (await tables.store.pool.query('select state, clean_pass, detail from verify_run')).rows;

describe('a pass over equal tables', () => {
  it('is clean where the changes are captured, and a way back is yet to begin', async () => {
    await tables.target.query('alter table stock_level replica identity nothing');
    const outcome = await pass();
    expect(outcome).toMatchObject({ state: 'complete', counts: { cleanPass: true, clean: 30n } });
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      'has no replica identity',
      () => tables.source.query('alter table inventory replica identity nothing'),
      /^public\.inventory has no replica identity: .*; alter table public\.inventory replica identity full$/,
    ],
    [
      'the slot is not there',
      () => tables.source.query(DROP),
      /^database monolith has no replication slot .*; start the connector, or correct its slot\.name$/,
    ],
    [
      'values are written in another mode than declared',
      () => Object.assign(settings.monolith ?? {}, { 'decimal.handling.mode': 'double' }),
      /capture\.decimal is string, and the connector's decimal\.handling\.mode is double.*; capture: \{ decimal: double \}$/,
    ],
    [
      'the connector is not there',
      () => delete settings.monolith,
      /^Kafka Connect at .* knows no connector monolith; create it, or correct the connector in banyan\.yaml$/,
    ],
    [
      'the slot of the way back is not there',
      () => Object.assign(settings, { inventory: { 'slot.name': 'gone', 'decimal.handling.mode': 'string' } }),
      /^database inventory has no replication slot gone/,
    ],
  ])('fails with the fix: %s', async (_, spoil, told) => {
    await spoil();
    await expect(pass()).rejects.toMatchObject({ code: 'bad_config' });
    expect(await runs()).toEqual([{ state: 'failed', clean_pass: null, detail: expect.stringMatching(told) }]);
  });

  it('holds no more where the slot is lost while it runs; the next one compares every row again', async () => {
    const ended = await pass(() => tables.source.query(DROP));
    expect(ended).toMatchObject({
      state: 'stopped',
      why: expect.stringMatching(/no replication slot.*start the connector/),
    });
    expect(await runs()).toEqual([
      { state: 'cancelled', clean_pass: false, detail: expect.stringMatching(/no replication slot/) },
    ]);
    await tables.source.query(SLOT);
    expect(await pass()).toMatchObject({ state: 'complete', counts: { cleanPass: true, rowsCompared: 30n } });
  });

  it('begins anew where the slot was lost after it had stopped half-way', async () => {
    const broken = pass(() => Promise.reject(new Error('killed')));
    await expect(broken).rejects.toThrow(/killed/);
    await tables.source.query(DROP);
    await expect(pass()).rejects.toMatchObject({ code: 'bad_config' });
    await tables.source.query(SLOT);
    expect(await pass()).toMatchObject({ state: 'complete', counts: { rowsCompared: 30n } });
    expect((await runs()).map(({ state }) => state).sort()).toEqual(['cancelled', 'complete', 'failed']);
  });

  it('goes by what is known where settings are not shown', async () => {
    settings.monolith = { 'slot.name': '${env:SLOT}', 'decimal.handling.mode': '********' };
    expect(await pass()).toMatchObject({ state: 'complete' });
  });

  it('goes by the database alone where Kafka Connect does not answer', async () => {
    connect.closeAllConnections();
    await new Promise((done) => connect.close(done));
    expect(await pass()).toMatchObject({ state: 'complete' });
    await new Promise<void>((done) => connect.listen(0, '127.0.0.1', done));
  });
});
