import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { cliOutput } from '../../../tools/cliOutput.ts';
import { stillConfig } from '../../../tools/stillConfig.ts';
import { type StillTables, stillTables, watchedStore } from '../../../tools/stillTables.ts';
import { startTestBroker, type TestBroker } from '../../../tools/testBroker.ts';
import { StoredPasses } from '../../adapters/store/passReader.ts';
import { startStatusBoard } from '../../adapters/store/statusBoard.ts';
import { loadConfig } from '../../config.ts';
import { verifyTable } from '../../services/verifyTable.ts';
import { namedParts } from '../namedParts.ts';
import { startVerifyRole } from '../verifyRole.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

let folder: string;
let broker: TestBroker;
let tables: StillTables;
beforeAll(async () => {
  folder = mkdtempSync('/tmp/banyan-verify-');
  broker = await startTestBroker();
});
afterAll(async () => {
  await broker.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  tables = await stillTables(300);
  await tables.topic(broker.address);
});
afterEach(() => {
  moreTables = '';
  return tables.close();
});

/** Entries of banyan.yaml for further tables. */
let moreTables = '';

function writeConfig(): string {
  const file = join(folder, 'banyan.yaml');
  writeFileSync(file, stillConfig({ tables, broker: broker.address, topicPrefix: 'monolith', moreTables }));
  return file;
}

async function verify(...args: string[]) {
  const file = writeConfig();
  vi.stubEnv('DATABASE_URL', tables.storeUrl);
  try {
    return await cliOutput('verify', ...args, '--config', file);
  } finally {
    vi.unstubAllEnvs();
  }
}

describe('banyan verify, without a worker', () => {
  it('exits 0 where every row is the same and was compared', async () => {
    const { code, out } = await verify('inventory');
    expect(out).toMatch(
      /^inventory\/stock: clean\n {2}300 rows compared in .* 100 % of the key range; keys: 300 clean/,
    );
    expect(code).toBe(0);
  });

  it('finds what differs, as JSON for a program, and never calls it clean', async () => {
    await tables.target.query('update stock_level set quantity = 7 where item_id in (5, 250)');
    const { code, out } = await verify('inventory/stock', '--json');
    const body = JSON.parse(out);
    expect(body.tables[0].cleanPass).toBe(false);
    expect(body.tables[0].findings.map((finding: { key: string }) => finding.key).sort()).toEqual(['250', '5']);
    expect(body.exit).toBe(code);
    // Without a connector nobody can say that capture is past the read: not known, and so not yet divergent.
    expect(code).toBe(2);
  });

  it('takes the pass of a second table that ends before the first one is done', async () => {
    await tables.source.query('create table other as table inventory; alter table other add primary key (item_id)');
    await tables.target.query('create table other as table stock_level; alter table other add primary key (item_id)');
    await tables.source.query('grant select on other to public');
    await tables.target.query('grant select on other to public');
    moreTables = `      - id: other
        source: { database: monolith, table: public.other, key: [item_id] }
        target: { database: inventory, table: public.other, key: [item_id] }
        columns: { sku: sku, quantity: quantity, price: price, seen_at: seen_at }
        topic: monolith.public.inventory
        applied: { kind: table, query: 'select partition, next_offset from applied_offset where topic = $1' }
`;
    // A first table that is slow: each of its passes waits until the second has ended.
    await tables.store.pool.query(`
      create function wait_for_other() returns trigger language plpgsql as $$ begin
        if new."table" = 'stock' and new.state = 'complete' and not exists
          (select from verify_run where "table" = 'other' and state = 'complete') then
          for i in 1..600 loop
            perform pg_sleep(0.1);
            exit when exists (select from verify_run where "table" = 'other' and state = 'complete');
          end loop;
          perform pg_sleep(1);
        end if;
        return new;
      end $$;
      create trigger slow_first before update on verify_run for each row execute function wait_for_other()`);
    const { code, out } = await verify('inventory');
    expect(out).toMatch(/inventory\/stock: clean[\s\S]*inventory\/other: clean/);
    expect(code).toBe(0);
  });

  it('a table that can not be read is an error with its fix', async () => {
    await tables.target.query('drop table stock_level');
    const { code, err } = await verify('inventory');
    expect(code).toBe(3);
    expect(err).toMatch(/stock_level is not in database inventory/);
  });

  it.each([
    [['nowhere'], /"nowhere" names no context.*contexts: inventory/s],
    [['inventory/nothing'], /maps no table nothing.*its tables: stock/s],
    [['inventory', '--keys', 'many'], /--keys many is no number/],
    [[], /missing required argument/],
  ])('%j is a usage error', async (args, told) => {
    const { code, err } = await verify(...args);
    expect(code).toBe(64);
    if (args.length > 0) expect(err).toMatch(told);
  });
});

describe('banyan verify, where a pass was begun and not ended', () => {
  /** A pass of which one range is compared and stored: its worker then failed, or was killed. */
  async function begun(left: 'failed' | 'running'): Promise<string> {
    const mapping = loadConfig(writeConfig()).migration.contexts[0]?.tables[0];
    if (mapping === undefined) throw new Error('no table is mapped');
    let ranges = 0;
    const worker = tables.worker({}, (store) =>
      watchedStore(store, async (name, call) => {
        if (name === 'finishRange') ranges += 1;
        const ends = name === 'finishRange' ? ranges > 1 : name === 'failRun' && left === 'running';
        if (ends) throw new Error('killed');
        return call();
      }),
    );
    const signal = new AbortController().signal;
    const pass = verifyTable({ ...worker, mapping }, 'worker', signal, { facts: tables.facts });
    await expect(pass).rejects.toThrow('killed');
    const { rows } = await tables.store.pool.query('select id, state, rows_compared::int as done from verify_run');
    expect(rows).toEqual([{ id: expect.any(String), state: left, done: 100 }]);
    return rows[0].id;
  }

  it.each([
    ['a pass that failed is gone on with', 'failed', [], { state: 'complete', detail: null }],
    ['one whose worker was killed is gone on with', 'running', [], { state: 'complete', detail: null }],
    [
      '--fresh ends one that failed',
      'failed',
      ['--fresh'],
      { state: 'cancelled', detail: 'a fresh pass was asked for' },
    ],
    [
      '--fresh ends one that runs',
      'running',
      ['--fresh'],
      { state: 'cancelled', detail: 'a fresh pass was asked for' },
    ],
  ] as const)('%s', async (_, left, args, expected) => {
    const id = await begun(left);
    const { code, out } = await verify('inventory', ...args);
    expect(out).toContain('300 rows compared');
    expect(code).toBe(0);
    const { pool } = tables.store;
    expect((await pool.query('select state, detail from verify_run where id = $1', [id])).rows).toEqual([expected]);
    const complete = await pool.query(`select rows_compared::int as rows from verify_run where state = 'complete'`);
    expect(complete.rows).toEqual([{ rows: 300 }]);
  });

  it('--fresh ends one that failed half-way, though the newest one could not even begin', async () => {
    const id = await begun('failed');
    const { store } = tables.worker();
    await store.recordFailedRun({ context: 'inventory', table: 'stock' }, 'digest', 'newest', 'no access', Date.now());
    expect((await verify('inventory', '--fresh')).code).toBe(0);
    const { rows } = await tables.store.pool.query('select state from verify_run where id = $1', [id]);
    expect(rows).toEqual([{ state: 'cancelled' }]);
  });
});

describe('banyan verify, with a worker', () => {
  const alive = () =>
    tables.store.pool.query(
      `insert into part_status (part, worker, state, detail, since_at, checked_at)
       values ('database:monolith', 'w', 'ok', '', now(), now()) on conflict (part, worker) do update set checked_at = now()`,
    );

  it('follows the pass of the worker instead of reading everything twice', async () => {
    await alive();
    const asked = verify('inventory');
    await expect
      .poll(
        async () => {
          const { rows } = await tables.store.pool.query('select count(*)::int as n from verify_run');
          if (rows[0].n === 0) await verifyTable(tables.worker(), 'worker', new AbortController().signal, {});
          return rows[0].n;
        },
        { timeout: 30_000 },
      )
      .toBe(1);
    expect((await asked).code).toBe(0);
  });

  it('has it begin the next pass at once, however long the pause between two passes is', async () => {
    const file = writeConfig();
    appendFileSync(file, 'verify: { every: 1h }\n');
    const config = loadConfig(file);
    const { pool } = tables.store;
    const status = startStatusBoard(pool, 'worker', quiet, namedParts(config));
    const worker = startVerifyRole({ config, database: tables.store, logger: quiet, status });
    try {
      const passes = async () =>
        (await pool.query(`select count(*)::int as n from verify_run where state = 'complete'`)).rows[0].n;
      await vi.waitFor(async () => expect(await passes()).toBe(1), 60_000);
      await vi.waitFor(async () => expect(await new StoredPasses(pool).verifierSeenAtMs()).not.toBeNull(), 60_000);

      expect((await verify('inventory')).code).toBe(0);
      expect(await passes()).toBe(2);
    } finally {
      await worker.stop();
      await status.stop();
    }
  });
});
