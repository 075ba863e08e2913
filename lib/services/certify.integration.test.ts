import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { STOCK, type StillTables, stillTables } from '../../tools/stillTables.ts';
import { checkCertificate } from '../adapters/signing/checkCertificate.ts';
import { openSigningKey } from '../adapters/signing/signingKey.ts';
import { StoredCertificates } from '../adapters/store/certificateStore.ts';
import type { ContextDefinition } from '../core/migration/definition.ts';
import type { IssuedCertificate } from '../ports/certificateStore.ts';
import { type CertifyDeps, type CertifyOutcome, certify } from './certify.ts';
import type { VerifiedTable } from './verifiedTable.ts';
import { verifyTable } from './verifyTable.ts';

const CONTEXT: ContextDefinition = {
  id: 'inventory',
  name: 'Inventory',
  plan: 'strangler-six',
  services: { legacy: 'monolith', target: 'inventory-service', facade: 'facade' },
  routes: [],
  tables: [STOCK],
  sagas: [],
  telemetry: { sampling: 'none' },
  criteria: {},
  waivers: [],
  relaxed: false,
};

let folder: string;
let tables: StillTables;
let table: VerifiedTable;
let store: StoredCertificates;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'banyan-key-'));
  tables = await stillTables(300);
  table = tables.worker({ patienceMs: 200, tries: 1 });
  store = new StoredCertificates(tables.store.pool);
});
afterEach(async () => {
  await tables.close();
  rmSync(folder, { recursive: true, force: true });
});

const keyFile = (name = 'key.pem') => join(folder, name);

async function deps(name?: string, everyMs = 0): Promise<CertifyDeps> {
  const signer = openSigningKey(keyFile(name));
  await store.publishKey(signer.publicKey, Date.now());
  const clock = { nowMs: Date.now };
  return { store, signer, clock, ids: { next: randomUUID }, migration: 'acme', workerVersion: '0.1.0', everyMs };
}

async function pass() {
  const outcome = await verifyTable(table, 'worker', new AbortController().signal);
  if (outcome.state !== 'complete') throw new Error(outcome.state);
  return outcome.counts;
}

const kinds = (outcome: CertifyOutcome) =>
  outcome.state === 'refused' ? outcome.refusals.map(({ kind }) => kind) : [outcome.state];

async function issued(asked: CertifyDeps): Promise<IssuedCertificate> {
  const outcome = await certify(asked, CONTEXT);
  if (outcome.state !== 'issued') throw new Error(JSON.stringify(outcome));
  return outcome.certificate;
}

describe('a clean pass over every table', () => {
  it('brings a signed certificate with what was compared, once a pass', async () => {
    const counts = await pass();
    const asked = await deps();
    const { envelope } = await issued(asked);
    const check = checkCertificate(envelope, await store.keys());
    if (check.state === 'refused') throw new Error(check.reason);
    expect(check.certificate).toMatchObject({
      migration: 'acme',
      context: 'inventory',
      tables: [
        {
          table: 'stock',
          source: 'monolith.public.inventory',
          target: 'inventory.public.stock_level',
          rowsCompared: '300',
          coveragePercent: 100,
          digests: { source: { rows: '300', sum1: counts.source.sum1.toString() } },
          offsets: [{ topic: STOCK.topic, partition: 0, nextOffset: '0' }],
        },
      ],
    });
    expect((await store.newest('inventory'))?.envelope).toBe(envelope);
    expect(await certify(asked, CONTEXT)).toEqual({ state: 'waiting' });
    await pass();
    expect(kinds(await certify({ ...asked, everyMs: 60_000 }, CONTEXT))).toEqual(['waiting']);
    expect(kinds(await certify(asked, CONTEXT))).toEqual(['issued']);
  });

  it('two workers that look at once issue one', async () => {
    await pass();
    const [one, two] = [await deps('one.pem'), await deps('two.pem')];
    const outcomes = await Promise.all([certify(one, CONTEXT), certify(two, CONTEXT)]);
    expect(outcomes.map(({ state }) => state).sort()).toEqual(['issued', 'waiting']);
  });

  it('what was issued is never changed', async () => {
    await pass();
    await issued(await deps());
    for (const sql of [
      'update certificate set envelope = $$x$$',
      'delete from certificate',
      'delete from signing_key',
    ]) {
      await expect(tables.store.pool.query(sql)).rejects.toThrow(/are never changed/);
    }
  });
});

describe('no certificate', () => {
  const change = (sql: string) => tables.store.pool.query(sql);
  const follow = (verified: number) =>
    change(`insert into verify_partition (context, "table", topic, part, owner, leased_until, verified_offset)
            values ('inventory', 'stock', '${STOCK.topic}', 0, 'w', now() + interval '1 min', ${verified})`);
  const upTo = (offset: number) =>
    change(`update verify_run set end_offsets = jsonb_build_array(jsonb_build_object(
              'topic', '${STOCK.topic}', 'part', 0, 'nextOffset', '${offset}'))`);

  it('before a pass is complete', async () => {
    expect(kinds(await certify(await deps(), CONTEXT))).toEqual(['no_pass']);
    expect((await store.newestLook('inventory'))?.refusals[0]?.reason).toMatch(/none was begun/);
  });

  it('over a divergent row; nor over the pass in which it was mended; then at once', async () => {
    const asked = await deps(undefined, 600_000);
    await pass();
    await issued(asked);
    await tables.target.query('update stock_level set quantity = 7 where item_id = 5');
    await pass();
    expect(kinds(await certify(asked, CONTEXT))).toEqual(['open_keys', 'diverged_now']);
    await tables.target.query('update stock_level set quantity = 100 where item_id = 5');
    await pass();
    expect(kinds(await certify(asked, CONTEXT))).toEqual(['not_clean']);
    await pass();
    expect(kinds(await certify(asked, CONTEXT))).toEqual(['issued']);
  });

  it('of another mapping than was compared', async () => {
    await pass();
    const other = { ...CONTEXT, tables: [{ ...STOCK, columns: STOCK.columns.slice(1) }] };
    expect(kinds(await certify(await deps(), other))).toEqual(['mapping_changed']);
  });

  it('while a second table was never compared', async () => {
    await pass();
    const two = { ...CONTEXT, tables: [STOCK, { ...STOCK, id: 'other' }] };
    expect(await certify(await deps(), two)).toMatchObject({ refusals: [{ kind: 'no_pass', table: 'other' }] });
  });

  it('until continuous verification has reached the vector, in memory and in the store', async () => {
    await pass();
    await upTo(9);
    await follow(8);
    const asked = await deps();
    expect(kinds(await certify(asked, CONTEXT))).toEqual(['not_settled']);
    await change('update verify_partition set verified_offset = 9');
    await change(`insert into verify_backlog (context, "table", topic, part, key, first_offset, newest_offset, source_ts_us)
                  values ('inventory', 'stock', '${STOCK.topic}', 0, '1', 8, 12, 1)`);
    expect(kinds(await certify(asked, CONTEXT))).toEqual(['not_settled']);
    await change('delete from verify_backlog');
    expect(kinds(await certify(asked, CONTEXT))).toEqual(['issued']);
  });

  it.each([
    ['a partition that nobody followed from the start', `start_offsets = '[]'`, 'gap'],
    ['no vector', `end_offsets = null`, 'gap'],
    ['a range that is missing', 'ranges_done = ranges_done - 1', 'incomplete'],
    ['a pass that is not known to be clean', 'clean_pass = null', 'not_clean'],
  ])('%s', async (_, set, kind) => {
    await pass();
    await change(`update verify_run set ${set}`);
    expect(kinds(await certify(await deps(), CONTEXT))).toEqual([kind]);
  });
});

describe('the signature', () => {
  it('a changed byte is refused, wherever it is', async () => {
    await pass();
    const { envelope } = await issued(await deps());
    const keys = await store.keys();
    const bytes = Buffer.from(envelope);
    const passed: number[] = [];
    for (let i = 0; i < bytes.length; i += 1) {
      const changed = Buffer.from(bytes);
      changed[i] = (bytes[i] ?? 0) ^ 1;
      if (checkCertificate(changed.toString(), keys).state === 'valid') passed.push(i);
    }
    expect(passed).toEqual([]);
  });

  it.each([
    ['nothing', '', /not a DSSE envelope/],
    [
      'another document',
      '{"payloadType":"text/plain","payload":"","signatures":[{"keyid":"a","sig":"b"}]}',
      /text\/plain/,
    ],
  ])('%s is no certificate', (_, text, reason) => {
    expect(checkCertificate(text, [])).toEqual({ state: 'refused', reason: expect.stringMatching(reason) });
  });

  it('is no proof of digests of more rows than were compared', async () => {
    await pass();
    await tables.store.pool.query('update verify_run set target_rows = 301');
    const { envelope } = await issued(await deps());
    expect(checkCertificate(envelope, await store.keys())).toEqual({
      state: 'refused',
      reason: 'it is signed, but contradicts itself: the target digest of stock is of 301 rows, and 300 were compared',
    });
  });

  it('a new key signs from then on; what the old one signed stays checkable', async () => {
    await pass();
    const old = await issued(await deps());
    rmSync(keyFile());
    await pass();
    const young = await issued(await deps());
    expect(young.keyId).not.toBe(old.keyId);
    const keys = await store.keys();
    expect(keys.map(({ keyId }) => keyId)).toEqual([young.keyId, old.keyId]);
    for (const { envelope } of [old, young]) expect(checkCertificate(envelope, keys).state).toBe('valid');
    const onlyOld = keys.filter(({ keyId }) => keyId === old.keyId);
    expect(checkCertificate(young.envelope, onlyOld)).toMatchObject({
      reason: expect.stringMatching(/not among the 1/),
    });
  });

  it('the private key is for its owner alone, stays the same, and is refused when it is open to others', () => {
    const first = openSigningKey(keyFile('deep/key.pem'));
    expect(statSync(keyFile('deep/key.pem')).mode & 0o777).toBe(0o600);
    expect(openSigningKey(keyFile('deep/key.pem')).publicKey).toEqual(first.publicKey);
    chmodSync(keyFile('deep/key.pem'), 0o644);
    expect(() => openSigningKey(keyFile('deep/key.pem'))).toThrow(/open to others/);
    expect(existsSync(keyFile(`deep/key.pem.${process.pid}`))).toBe(false);
  });
});
