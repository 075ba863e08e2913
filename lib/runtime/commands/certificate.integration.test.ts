import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cliOutput } from '../../../tools/cliOutput.ts';
import { createTestDatabase } from '../../../tools/testDatabase.ts';
import { certificateIn } from '../../adapters/signing/checkCertificate.ts';
import { openSigningKey } from '../../adapters/signing/signingKey.ts';
import { StoredCertificates } from '../../adapters/store/certificateStore.ts';
import { storeConfigSnapshot } from '../../adapters/store/configSnapshot.ts';
import { type Database, openDatabase } from '../../adapters/store/database.ts';
import { createReadStore } from '../../adapters/store/readStore.ts';
import { loadConfig } from '../../config.ts';
import { answer, jsonResponse } from '../../http.ts';
import { type CertifyDeps, certify } from '../../services/certify.ts';
import { mappingDigest } from '../../services/mappingDigest.ts';
import { type CertificateReading, readCertificate } from '../../services/read/readCertificate.ts';
import { readKeys } from '../../services/read/readKeys.ts';
import { LOCAL_OPERATOR } from '../../services/requireRole.ts';

// The commands against the answers of the routes, over HTTP, from a store with one clean pass a table.
const config = loadConfig(join(import.meta.dirname, '../../../banyan.example.yaml'), {});
const [context] = config.migration.contexts;
if (context === undefined) throw new Error('the example has no context');

let folder: string;
let database: Database;
let store: StoredCertificates;
let server: Server;
let url: string;
let deps: CertifyDeps;
beforeAll(async () => {
  folder = mkdtempSync('/tmp/banyan-certificate-');
  database = await openDatabase({
    url: await createTestDatabase('certificate'),
    applicationName: 'test',
    migrate: true,
  });
  store = new StoredCertificates(database.pool);
  await storeConfigSnapshot(database.pool, config.digest, config.migration);
  const clock = { nowMs: Date.now };
  const reading: CertificateReading = {
    store: createReadStore(database.pool),
    certificates: store,
    certificateIn,
    clock,
  };
  server = createServer((incoming, outgoing) => {
    const request = new Request(new URL(incoming.url ?? '/', 'http://localhost'));
    const [, , , kind, id = ''] = new URL(request.url).pathname.split('/');
    void answer(async () =>
      jsonResponse(
        request,
        kind === 'keys'
          ? { keys: await readKeys(reading, LOCAL_OPERATOR) }
          : await readCertificate(reading, LOCAL_OPERATOR, id),
      ),
    ).then(async (response) => {
      outgoing.writeHead(response.status, Object.fromEntries(response.headers)).end(await response.text());
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  url = `http://127.0.0.1:${address.port}`;
  const signer = openSigningKey(join(folder, 'key.pem'));
  await store.publishKey(signer.publicKey, Date.now());
  deps = { store, signer, clock, ids: { next: randomUUID }, migration: 'acme', workerVersion: '0.1.0', everyMs: 0 };
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

const run = (...args: string[]) => cliOutput('certificate', ...args);

const path = (name: string) => join(folder, name);

it('2 with the reasons while there is none, 0 and the envelope once there is, genuine only as it was signed', async () => {
  expect(await run(context.id, '--url', url)).toMatchObject({
    code: 2,
    err: expect.stringMatching(/nobody has looked/),
  });
  await certify(deps, context);
  const none = await run(context.id, '--url', url);
  expect(none).toMatchObject({
    code: 2,
    out: '',
    err: expect.stringMatching(/inventory: no pass over it is complete/),
  });

  for (const mapping of context.tables) {
    const vector = JSON.stringify([{ topic: mapping.topic, part: 0, nextOffset: '7' }]);
    await database.pool.query(
      `insert into verify_run (id, context, "table", mode, state, started_at, finished_at, rows_compared, ranges_total,
         ranges_done, clean, mapping_digest, coverage_percent, clean_pass, source_rows, target_rows, start_offsets, end_offsets)
       values ($1, $2, $3, 'sweep', 'complete', now(), now(), 3, 1, 1, 3, $4, 100, true, 3, 3, $5, $5)`,
      [randomUUID(), context.id, mapping.id, mappingDigest(mapping), vector],
    );
  }
  expect((await certify(deps, context)).state).toBe('issued');
  const printed = await run(context.id, '--url', url);
  expect(printed).toMatchObject({ code: 0, err: expect.stringMatching(/every row of 1 table was found right/) });
  expect((await run(context.id, '--url', url, '--out', path('c.json'))).out).toBe('');
  expect(readFileSync(path('c.json'), 'utf8')).toBe(printed.out);

  const genuine = await run('verify', path('c.json'), '--url', url);
  expect(genuine).toMatchObject({ code: 0, out: expect.stringMatching(/^genuine: .*3 rows compared.*below 7/s) });

  writeFileSync(path('own.pem'), deps.signer.publicKey.pem);
  expect((await run('verify', path('c.json'), '--key', path('own.pem'))).code).toBe(0);
  writeFileSync(path('else.pem'), openSigningKey(path('else-key.pem')).publicKey.pem);
  expect(await run('verify', path('c.json'), '--key', path('else.pem'))).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringMatching(/not among the 1 known/),
  });

  const changed = printed.out.replace(/"payload":"(.{40})./, '"payload":"$1A');
  writeFileSync(path('changed.json'), changed);
  expect(await run('verify', path('changed.json'), '--url', url)).toMatchObject({
    code: 1,
    err: expect.stringMatching(/the signature is wrong/),
  });
});

it.each<[string, string[], number, RegExp]>([
  ['an unknown context', ['nowhere', '--url', 'URL'], 64, /nowhere is not among the contexts/],
  ['no address', ['inventory', '--url', 'here'], 64, /no address/],
  ['nobody there', ['inventory', '--url', 'http://127.0.0.1:1'], 3, /did not answer/],
  ['no file', ['verify', '/nowhere/c.json', '--url', 'URL'], 64, /can't be read/],
  ['no key', ['verify', import.meta.filename, '--key', import.meta.filename], 64, /no Ed25519 public key/],
])('%s', async (_, args, code, told) => {
  const ended = await run(...args.map((arg) => (arg === 'URL' ? url : arg)));
  expect(ended).toMatchObject({ code, err: expect.stringMatching(told) });
});
