import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { cliOutput } from '../../../tools/cliOutput.ts';
import { startTestBroker } from '../../../tools/testBroker.ts';
import { createTestDatabase } from '../../../tools/testDatabase.ts';
import { freePort } from '../../adapters/embedded/embeddedPostgres.ts';
import { kafkaClient } from '../../adapters/kafka/kafkaClient.ts';

// What a user sees of bad input: each part that is wrong is named with its fix, and the others are probed all the same.
const example = readFileSync(new URL('../../../banyan.example.yaml', import.meta.url), 'utf8');
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
let folder: string;
let monolith: string;
let inventory: string;

beforeAll(async () => {
  folder = mkdtempSync('/tmp/banyan-check-');
  monolith = await createTestDatabase('check_monolith');
  inventory = await createTestDatabase('check_inventory');
  for (const [url, table] of [
    [monolith, 'inventory'],
    [inventory, 'stock_level'],
  ] as const) {
    const client = new pg.Client(url);
    await client.connect();
    await client.query(
      `create table ${table} (item_id bigint primary key, sku text, quantity int, reserved int, version bigint, updated_at timestamptz);
       create table applied_offset (topic text, partition int, next_offset bigint);
       insert into ${table} (item_id, sku) values (7, 'SKU-7')`,
    );
    // As a statement ends for which the server took too long.
    await client.query(
      `create function found_late(bigint) returns boolean immutable strict language plpgsql
       as $$ begin raise exception 'canceling statement' using errcode = 'query_canceled'; end $$`,
    );
    await client.end();
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function check(yaml: string, broker?: string): Promise<{ code: number; text: string }> {
  const file = join(folder, 'banyan.yaml');
  writeFileSync(file, yaml.replace('localhost:9092', broker ?? `127.0.0.1:${await freePort()}`));
  vi.stubEnv('MONOLITH_URL', monolith);
  vi.stubEnv('INVENTORY_URL', inventory);
  vi.stubEnv('DATABASE_URL', '');
  try {
    const { code, out, err } = await cliOutput('check', '--config', file);
    return { code, text: out + err };
  } finally {
    vi.unstubAllEnvs();
  }
}

const readable = example.replaceAll('_URL}" }', '_URL}", allowWritable: true }');

describe('banyan check', () => {
  it('names a broker that can not be reached and goes on with the rest', async () => {
    const { code, text } = await check(readable);
    expect(code).toBe(1);
    expect(text).toMatch(/✕ kafka: 127\.0\.0\.1:\d+ can't be reached/);
    expect(text).toMatch(/fix: start the broker, or correct kafka\.brokers/);
    expect(text).toMatch(/✓ database monolith: PostgreSQL/);
    expect(text).toMatch(/✓ table inventory\/inventory: 5 columns/);
  });

  it('leaves no connection open to a broker that is well, so that the command ends', async () => {
    const sockets = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
    const broker = await startTestBroker();
    const admin = kafkaClient({ brokers: [broker.address], clientId: 'test' }, SILENT).admin();
    const topics = ['monolith.public.inventory', '__debezium-heartbeat.monolith'];
    for (const name of ['orders', 'inventory', 'payments']) topics.push(`shop.${name}`);
    try {
      await admin.connect();
      await admin.createTopics({ topics: topics.map((topic) => ({ topic, numPartitions: 1 })) });
      await admin.disconnect();
      const before = sockets();
      const { text } = await check(readable, broker.address);
      expect(text).toMatch(/✓ kafka: 5 topics, 0 records/);
      await expect.poll(sockets, { timeout: 5_000 }).toBeLessThanOrEqual(before);
    } finally {
      await broker.stop();
    }
  });

  it('names a table that is not there', async () => {
    const { code, text } = await check(readable.replace('table: public.stock_level', 'table: public.stock_levels'));
    expect(code).toBe(1);
    expect(text).toMatch(/✕ table inventory\/inventory: .*public\.stock_levels.*inventory/);
    expect(text).toMatch(/✓ database inventory/);
  });

  it('names a database that can not be reached, without its password', async () => {
    const { text } = await check(
      readable.replace('url: "${MONOLITH_URL}"', 'url: "postgresql://u:canary-secret@127.0.0.1:1/none"'),
    );
    expect(text).toMatch(/✕ database monolith: .*127\.0\.0\.1:1/);
    expect(text).toMatch(/✓ database inventory/);
    expect(text).not.toContain('canary-secret');
  });

  it('lists what of a table is lost, left out or misread, each with its fix, and how rows are hashed', async () => {
    const { code, text } = await check(readable.replace('          reserved: reserved\n', ''));
    expect(code).toBe(1);
    expect(text).toMatch(/✓ table inventory\/inventory: 4 columns; native hashes \(both sides are PostgreSQL \d+\)/);
    expect(text).toMatch(/! reserved: it is not compared\n {4}fix: map it in `columns`, or name it in `ignore`/);
    expect(text).toMatch(
      /! without REPLICA IDENTITY FULL .*\(sku\).*\n {4}fix: alter table public\.inventory replica identity full/,
    );
  });

  it('refuses a table of which a column can not be compared', async () => {
    const { code, text } = await check(readable.replace('quantity: quantity', 'quantity: updated_at'));
    expect(code).toBe(1);
    expect(text).toMatch(/✕ table inventory\/inventory: /);
    expect(text).toMatch(
      /✕ quantity can't be compared: integer and timestamp with time zone have no common form\n {4}fix: derive/,
    );
  });

  const owners = (key: string) =>
    `select ${key} as key, 1 as epoch, 'source' as owner, null as since from unnest($1::text[]) k`;
  const owned = (query: string) =>
    readable.replace(
      /^ +applied:.*$/m,
      (line) => `${line}\n        ownership: { source: "${query}", target: "${owners('k')}" }`,
    );
  it.each([
    ['answers', owners('k'), null],
    ['is no statement', 'selekt 1', /syntax error/],
    ['leaves a column out', 'select k as key, 1 as epoch from unnest($1::text[]) k', /its column owner: /],
    ['answers about other keys', owners('k || k'), /it answers about "77", which was not asked for/],
  ])('of a query of owners that %s', async (_what, query, problem) => {
    const { text } = await check(owned(query));
    if (problem === null) {
      expect(text).toMatch(/✓ table inventory\/inventory: 5 columns/);
      expect(text).not.toContain('ownership.source');
    } else {
      expect(text).toMatch(
        /✕ the table can't be compared: ownership\.source does not tell who owns its rows: .*\n {4}fix: correct ownership\.source/,
      );
      expect(text).toMatch(problem);
    }
    expect(text).not.toContain('ownership.target');
  });

  it.each([
    ['casts keys otherwise', `${owners('k')} where k = to_char(7, '000')`],
    ['joins what no key is in', `${owners('k')} join applied_offset on topic = k`],
  ])('tells of a query of owners that %s, and so answers about no row', async (_what, query) => {
    const { text } = await check(owned(query));
    expect(text).toMatch(/✓ table inventory\/inventory: 5 columns/);
    expect(text).toMatch(
      /! ownership\.source answers about none of 1 key: such rows .* the source\n {4}fix: correct ownership\.source: /,
    );
    expect(text).not.toContain('ownership.target');
  });

  it.each([
    [
      'take too long to find',
      'found_late(item_id)',
      /! ownership\.source was not asked: the sample of the source's rows could not be read: .*4\.5 s\)\n {4}fix: check again .* filter\.source/,
      '✓',
    ],
    [
      'can not be read',
      '1 / (item_id - 7) = 0',
      /✕ .*ownership\.source was not asked: the sample of the source's rows could not be read: .*division by zero\n {4}fix: correct .* filter/,
      '✕',
    ],
  ])('tells of rows that %s what of their table it can', async (_what, sql, finding, mark) => {
    const filter = `        filter: { source: { sql: "${sql}", columns: [item_id] } }`;
    const { text } = await check(owned(owners('k')).replace(/^ +ownership:.*$/m, (line) => `${line}\n${filter}`));
    expect(text).toContain(`${mark} table inventory/inventory: 5 columns`);
    expect(text).toMatch(finding);
    expect(text).toMatch(/fix: alter table public\.inventory replica identity full/);
    expect(text).not.toContain('ownership.target');
  });

  it('refuses a role that may write, with the grants that mend it', async () => {
    const { code, text } = await check(example);
    expect(code).toBe(1);
    expect(text).toMatch(/✕ database monolith: .*superuser/);
    expect(text).toMatch(/fix: .*/);
  });

  it('lists every problem of a bad file', async () => {
    const { code, text } = await check(
      example.replace('version: 1', 'version: 2').replace('deadline: 10s', 'deadline: soon'),
    );
    expect(code).toBe(3);
    expect(text).toMatch(/2 problems/);
    expect(text).toMatch(/contexts\[0\]\.sagas\[0\]\.deadline: expected a duration.*found "soon"/);
  });
});
