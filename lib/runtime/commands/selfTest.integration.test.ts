import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cliOutput } from '../../../tools/cliOutput.ts';
import { createTestDatabase } from '../../../tools/testDatabase.ts';
import { storeConfigSnapshot } from '../../adapters/store/configSnapshot.ts';
import { type Database, openDatabase } from '../../adapters/store/database.ts';
import { createReadStore } from '../../adapters/store/readStore.ts';
import { StoredSelfTests } from '../../adapters/store/selfTestStore.ts';
import { verdictStore } from '../../adapters/store/verdictStore.ts';
import { loadConfig } from '../../config.ts';
import { answer, jsonResponse, readJsonBody } from '../../http.ts';
import { askSelfTest } from '../../services/askSelfTest.ts';
import { readSelfTests } from '../../services/read/readSelfTests.ts';
import { LOCAL_OPERATOR } from '../../services/requireRole.ts';
import { systemClock, uuidV7 } from '../clocks.ts';

// The command against the answers of the routes, over HTTP; a stand-in for the worker writes what it would have measured.
const EXAMPLE = readFileSync(join(import.meta.dirname, '../../../banyan.example.yaml'), 'utf8');
const CONSENT = `    selfTest: { table: inventory, keys: ["1", "2"], connection: { url: "\${CANARY_URL}" } }\n    criteria: #`;

let folder: string;
let database: Database;
let store: StoredSelfTests;
let server: Server;
let url: string;
let carriesOut: (round: string) => Promise<void> = async () => undefined;

beforeAll(async () => {
  folder = mkdtempSync('/tmp/banyan-self-test-');
  database = await openDatabase({ url: await createTestDatabase('selftest'), applicationName: 'test', migrate: true });
  store = new StoredSelfTests(database.pool);
  const reading = { store: createReadStore(database.pool), selfTests: store, clock: systemClock };
  const stages = { store: verdictStore(database.pool), clock: systemClock, ids: uuidV7 };
  server = createServer(async (incoming, outgoing) => {
    const body: Uint8Array[] = [];
    for await (const chunk of incoming) body.push(chunk);
    const request = new Request(new URL(incoming.url ?? '/', 'http://localhost'), {
      method: incoming.method ?? 'GET',
      headers: { 'content-type': incoming.headers['content-type'] ?? '' },
      ...(body.length > 0 ? { body: Buffer.concat(body) } : {}),
    });
    const context = new URL(request.url).pathname.split('/')[4] ?? '';
    const response = await answer(async () => {
      if (request.method === 'GET') {
        return jsonResponse(request, await readSelfTests(reading, LOCAL_OPERATOR, context));
      }
      await readJsonBody(request);
      const round = await askSelfTest(reading, stages, LOCAL_OPERATOR, context);
      await carriesOut(round);
      return jsonResponse(request, { round }, { status: 202 });
    });
    outgoing.writeHead(response.status, Object.fromEntries(response.headers)).end(await response.text());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  url = `http://127.0.0.1:${address.port}`;
});
beforeEach(async () => {
  await database.pool.query('truncate self_test, self_test_row, audit_entry, config_snapshot');
  await configured(EXAMPLE.replace('    criteria: #', CONSENT));
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

async function configured(text: string): Promise<void> {
  const file = join(folder, 'banyan.yaml');
  writeFileSync(file, text);
  const { digest, migration } = loadConfig(file, {});
  await storeConfigSnapshot(database.pool, digest, migration);
}

/** Two canaries made wrong, of which these were found after a second. */
const measures = (found: readonly string[]) => async (round: string) => {
  const nowMs = Date.now();
  const canary = (key: string) => ({
    key,
    change: 'wrong_value' as const,
    columns: ['quantity'],
    original: 'a',
    planted: 'b',
  });
  await store.keep(round, ['1', '2'].map(canary));
  await store.corrupted(round, nowMs);
  const findings = found.map((key) => ({ key, kind: 'different', leg: 'unknown', columns: ['quantity'] }));
  await store.found(round, findings, nowMs + 1000);
  await store.end(round, { atMs: nowMs + 2000, failure: null, fix: null });
};
const fails = (round: string) => store.end(round, { atMs: Date.now(), failure: 'canaries differ', fix: 'name others' });
const rests = async () => undefined;

const run = (...args: string[]) => cliOutput('self-test', ...args, '--url', url);

describe('banyan self-test', () => {
  it.each<[string, (round: string) => Promise<void>, number, RegExp]>([
    [
      'all found',
      measures(['1', '2']),
      0,
      /^2 of 2 canaries found, p99 1 s\n {2}found {6}wrong value 1: different, leg unknown, after 1\.0 s/,
    ],
    ['one missed', measures(['2']), 1, /^1 of 2 canaries found, p99 1 s\n {2}not found {2}wrong value 1\n/],
    ['a round that measured nothing', fails, 2, /^canaries differ\n {2}fix: name others\n/],
    ['no worker', rests, 2, /^waits for a worker with the role verify\n/],
  ])('%s', async (_, worker, code, text) => {
    carriesOut = worker;
    const { code: exit, out } = await run('inventory', '--timeout', '1s');
    expect(out).toMatch(text);
    expect(exit).toBe(code);
  });

  it('repeats rounds, tells all as JSON, and each is audited', async () => {
    carriesOut = measures(['1', '2']);
    const { code, out } = await run('inventory', '--rounds', '3', '--json');
    expect(code).toBe(0);
    const told = JSON.parse(out);
    expect(told).toMatchObject({ exit: 0, context: 'inventory' });
    expect(told.rounds).toHaveLength(3);
    expect(told.rounds[0]).toMatchObject({ state: 'measured', tally: { found: 2, legRight: 2, p99Ms: 1000 } });
    const audited = await database.pool.query('select action, subject from audit_entry');
    expect(audited.rows).toEqual(Array(3).fill({ action: 'self_test.ask', subject: 'inventory/inventory' }));
  });

  it('asks for none while one is open', async () => {
    carriesOut = rests;
    await run('inventory', '--timeout', '0s');
    const { code, err } = await run('inventory');
    expect(err).toMatch(/a round of the self-test of inventory is open already/);
    expect(code).toBe(3);
    expect((await database.pool.query('select from audit_entry')).rowCount).toBe(1);
  });

  it('needs the consent of the configuration, and says how to give it', async () => {
    await configured(EXAMPLE);
    const { code, err } = await run('inventory');
    expect(err).toMatch(
      /does not consent to a self-test of inventory[\s\S]*fix: name canaries under contexts\[\]\.selfTest/,
    );
    expect(code).toBe(64);
    expect((await database.pool.query('select from self_test')).rowCount).toBe(0);
  });

  it.each([
    ['an unknown context', ['orders'], 64, /no context orders/],
    ['no number of rounds', ['inventory', '--rounds', 'many'], 64, /--rounds many is no number/],
    ['no duration', ['inventory', '--timeout', 'soon'], 64, /--timeout soon is no duration/],
  ])('%s', async (_, args, code, text) => {
    const { code: exit, err } = await run(...args);
    expect(err).toMatch(text);
    expect(exit).toBe(code);
  });
});
