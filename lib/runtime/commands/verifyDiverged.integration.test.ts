import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { cliOutput } from '../../../tools/cliOutput.ts';
import { stillConfig } from '../../../tools/stillConfig.ts';
import { type StillTables, stillTables } from '../../../tools/stillTables.ts';
import { startTestBroker, type TestBroker } from '../../../tools/testBroker.ts';
import { captureOf, startTestCapture, type TestCapture } from '../../../tools/testCapture.ts';

// `banyan verify` by itself, where a connector captures the source: only then can a row be called divergent.
const ROWS = 300;

let folder: string;
let broker: TestBroker;
let capture: TestCapture;
let tables: StillTables;
let connector: string;
let made = 0;
beforeAll(async () => {
  folder = mkdtempSync('/tmp/banyan-diverged-');
  broker = await startTestBroker();
  capture = await startTestCapture(broker.address, join(folder, 'capture'));
});
afterAll(async () => {
  await capture.stop();
  await broker.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  tables = await stillTables(ROWS);
  made += 1;
  connector = `monolith${made}`;
  await capture.put(connector, captureOf(tables.sourceUrl, connector, 'public.inventory'));
  const offsets = async () => (await fetch(`${capture.url}/connectors/${connector}/offsets`)).text();
  await vi.waitFor(async () => expect(await offsets()).toMatch(/"lsn":\d/), 30_000);
  // Every row of the snapshot is an event, and the applier has passed them all.
  await tables.target.query('insert into applied_offset values ($1, 0, $2)', [`${connector}.public.inventory`, ROWS]);
});
afterEach(async () => {
  await fetch(`${capture.url}/connectors/${connector}`, { method: 'DELETE' });
  await tables.source.query(
    `select pg_drop_replication_slot(slot_name) from pg_replication_slots
     where database = current_database() and not active`,
  );
  await tables.close();
});

async function verify(...args: string[]) {
  const file = join(folder, 'banyan.yaml');
  const top = `connect: { url: '${capture.url}' }`;
  const ofTable = `        connector: ${connector}\n        capture: { time: isostring, decimal: string }`;
  writeFileSync(file, stillConfig({ tables, broker: broker.address, topicPrefix: connector, top, ofTable }));
  vi.stubEnv('DATABASE_URL', tables.storeUrl);
  try {
    return await cliOutput('verify', ...args, '--config', file);
  } finally {
    vi.unstubAllEnvs();
  }
}

async function rowsOf(side: 'source' | 'target') {
  const table = side === 'source' ? 'inventory' : 'stock_level';
  const text = `select item_id, sku, quantity, price, seen_at from ${table} order by item_id`;
  return (await tables[side].query(text)).rows;
}

/** One row that differs, one that is missing, one too many. */
async function spoil(): Promise<void> {
  await tables.target.query('update stock_level set quantity = 7 where item_id = 5');
  await tables.target.query('delete from stock_level where item_id = 250');
  await tables.target.query(`insert into stock_level values (999, 'ghost', 1, 1, now())`);
}

describe('rows that are divergent', () => {
  it('are told by key, and the exit code is 1', async () => {
    await spoil();
    const { code, out } = await verify('inventory');
    expect(out).toMatch(/^inventory\/stock: not clean: keys are divergent\n.* 3 diverged\n/);
    for (const told of ['5  DIVERGED different (quantity): ', '250  DIVERGED missing: ', '999  DIVERGED extra: ']) {
      expect(out).toContain(`    ${told}`);
    }
    expect(code).toBe(1);
  });
});

describe('--repair-sql', () => {
  it('prints SQL alone on standard output, the outcome elsewhere, and runs none of it', async () => {
    await spoil();
    const before = await rowsOf('target');
    const { code, out, err } = await verify('inventory', '--repair-sql');
    expect(code).toBe(1);
    expect(err).toContain('inventory/stock: not clean: keys are divergent');
    const lines = out.trimEnd().split('\n');
    expect(lines.map((line) => line.split(' ', 1)[0])).toEqual(
      expect.arrayContaining(['--', 'begin;', 'set', 'insert', 'update', 'delete', 'commit;']),
    );
    expect(lines.filter((line) => !/^(--|begin;|set local|insert into|update|delete from|commit;)/.test(line))).toEqual(
      [],
    );
    expect(await rowsOf('target')).toEqual(before);

    await tables.target.query(out);
    expect(await rowsOf('target')).toEqual(await rowsOf('source'));
  });

  it('leaves alone every row that is no longer the one that was seen', async () => {
    await spoil();
    const { out } = await verify('inventory', '--repair-sql');
    for (const statement of ['insert into', 'update', 'delete from']) expect(out).toContain(`\n${statement} `);
    await tables.target.query('update stock_level set quantity = 8 where item_id in (5, 999)');
    await tables.target.query(`insert into stock_level values (250, 'applied meanwhile', 1, 1, now())`);
    const before = await rowsOf('target');
    await tables.target.query(out);
    expect(await rowsOf('target')).toEqual(before);
  });

  it.each([
    ['nothing is wrong: no SQL', ['--repair-sql'], /^inventory\/stock: clean\n/],
    ['as JSON: that is told elsewhere too', ['--repair-sql', '--json'], /^\{\n {2}"exit": 0,/],
  ])('%s', async (_, args, told) => {
    const { code, out, err } = await verify('inventory', ...args);
    expect({ code, out }).toEqual({ code: 0, out: '' });
    expect(err).toMatch(told);
  });
});
