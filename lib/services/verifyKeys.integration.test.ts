import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { pipelineMapping, startTestPipeline, type TestPipeline } from '../../tools/testPipeline.ts';
import { freePort, startEmbeddedPostgres } from '../adapters/embedded/embeddedPostgres.ts';
import { BanyanError } from '../errors.ts';
import type { KeyReader } from '../ports/keyReader.ts';
import type { Side } from '../ports/rowReader.ts';
import type { VerifiedTable } from './verifiedTable.ts';
import { verifyKeys } from './verifyKeys.ts';

const LIMITS = { patienceMs: 500, tries: 2, stalledAfterMs: 60_000 };
const IDLE = { timeout: 20_000 };

let pipeline: TestPipeline;
let table: VerifiedTable;
let cleanUp: () => Promise<void>;

afterEach(async () => {
  await pipeline.close();
  await cleanUp?.();
});

async function judged(...keys: string[]): Promise<Record<string, string>> {
  const patience = { captureMs: 5_000, applyMs: 5_000 };
  const findings = await verifyKeys(table, keys, patience, new AbortController().signal);
  return Object.fromEntries(findings.map(({ key, verdict, leg }) => [key, `${verdict} ${leg}`]));
}

const rowOf = (side: 'source' | 'target', id: number) =>
  pipeline[side]
    .query(`select quantity from ${side === 'source' ? 'inventory' : 'stock_level'} where item_id = $1`, [id])
    .then(({ rows }) => rows[0]?.quantity);

/** The table, with something done before each read of keys. */
function watchedReads(own: VerifiedTable, before: (side: Side) => Promise<void>): VerifiedTable {
  const { keyReader } = own;
  const read: KeyReader['read'] = async (side, keys) => {
    await before(side);
    return keyReader.read(side, keys);
  };
  return {
    ...own,
    keyReader: Object.assign(Object.create(keyReader), { read, images: keyReader.images.bind(keyReader) }),
  };
}

/** A source server of the test's own, whose commits can be made to hang before readers see them. */
async function startSourceServer() {
  const folder = mkdtempSync('/tmp/banyan-test-');
  chmodSync(folder, 0o755);
  const server = await startEmbeddedPostgres({ dataDir: join(folder, 'pg'), port: await freePort(), flags: [] });
  cleanUp = async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return server.url('postgres');
}

describe('a commit that is captured before readers see it', () => {
  it('is judged by its event and never against the old row', async () => {
    pipeline = await startTestPipeline(20, pipelineMapping(), await startSourceServer());
    table = await pipeline.table(LIMITS);
    const set = (names: string) =>
      pipeline.source
        .query(`alter system set synchronous_standby_names = '${names}'`)
        .then(() => pipeline.source.query('select pg_reload_conf()'));
    await set('nosuch');
    await expect
      .poll(
        () =>
          pipeline.source.query('show synchronous_standby_names').then(({ rows }) => rows[0].synchronous_standby_names),
        IDLE,
      )
      .toBe('nosuch');
    pipeline.replication.skippedKeys.add('6');
    const hanging = [5, 6].map((id) =>
      pipeline.source.query('update inventory set quantity = 1 where item_id = $1', [id]),
    );
    await expect.poll(() => rowOf('target', 5), IDLE).toBe(1);
    await expect.poll(() => pipeline.replication.backlog, IDLE).toBe(0);
    // Captured, applied, and still hidden.
    expect([await rowOf('source', 5), await rowOf('source', 6)]).toEqual([100, 100]);
    expect(await judged('5', '6', '7')).toEqual({
      5: 'CLEAN unknown',
      6: expect.stringMatching(/^DIVERGED/),
      7: 'CLEAN unknown',
    });
    const [finding] = await verifyKeys(
      table,
      ['6'],
      { captureMs: 5_000, applyMs: 5_000 },
      new AbortController().signal,
    );
    expect(finding?.detail).toMatchObject({
      source: { quantity: '100' },
      target: { quantity: '100' },
      expected: { quantity: '1' },
    });
    // Who begins only now cannot see what was captured before it began, and says nothing until it can.
    table = await pipeline.table(LIMITS);
    expect(await judged('5', '6')).toEqual({ 5: 'PENDING unknown', 6: 'PENDING unknown' });
    await set('');
    await Promise.all(hanging);
    expect(await rowOf('source', 5)).toBe(1);
    expect(await judged('5', '6')).toEqual({ 5: 'CLEAN unknown', 6: expect.stringMatching(/^DIVERGED/) });
  }, 120_000);
});

describe('an applier that commits its position to Kafka, after its rows', () => {
  it('is CLEAN only where every position that it may have had agrees, and found where none does', async () => {
    pipeline = await startTestPipeline(50, pipelineMapping({ kind: 'group', groupId: 'applier' }));
    table = await pipeline.table({ ...LIMITS, tries: 5 });
    let stop = false;
    const writing = (async () => {
      for (let i = 0; !stop; i += 1) {
        await pipeline.source.query('update inventory set quantity = quantity + 1 where item_id = $1', [1 + (i % 20)]);
        do await sleep(5);
        while (pipeline.replication.backlog > 20 && !stop);
      }
    })();
    const keys = Array.from({ length: 50 }, (_, i) => String(i + 1));
    let clean = 0;
    for (let i = 0; i < 5; i += 1) {
      const verdicts = Object.values(await judged(...keys));
      expect(verdicts.filter((verdict) => verdict.startsWith('DIVERGED'))).toEqual([]);
      clean += verdicts.filter((verdict) => verdict.startsWith('CLEAN')).length;
    }
    expect(clean).toBeGreaterThan(100);
    pipeline.replication.skippedKeys.add('30');
    await pipeline.source.query('update inventory set quantity = 1 where item_id in (30, 31)');
    stop = true;
    await writing;
    await pipeline.replication.drained();
    expect(await judged('30', '31')).toEqual({ 30: expect.stringMatching(/^DIVERGED/), 31: 'CLEAN unknown' });
    pipeline.replication.applierPaused = true;
    await pipeline.source.query('update inventory set quantity = 7 where item_id = 31');
    expect(await judged('31', '40')).toEqual({ 31: 'PENDING unknown', 40: 'CLEAN unknown' });
  }, 120_000);
});

describe('changes that the target lacks', () => {
  it('tell a position that was set over them from changes skipped one by one', async () => {
    pipeline = await startTestPipeline(60);
    table = await pipeline.table(LIMITS);
    pipeline.replication.skippedKeys.add('11').add('15');
    await pipeline.source.query('update inventory set quantity = 1 where item_id between 10 and 30');
    await pipeline.replication.drained();
    expect(await judged('11', '15', '20')).toEqual({
      11: 'DIVERGED unknown',
      15: 'DIVERGED unknown',
      20: 'CLEAN unknown',
    });
    pipeline.replication.jumpOver = 15;
    await pipeline.source.query('update inventory set quantity = 2 where item_id > 40');
    await pipeline.replication.drained();
    const over = Object.values(await judged(...Array.from({ length: 20 }, (_, i) => String(41 + i))));
    expect(over.filter((verdict) => verdict === 'DIVERGED transport')).toHaveLength(15);
    expect(over.filter((verdict) => verdict === 'CLEAN unknown')).toHaveLength(5);
  }, 120_000);

  it('are found, with a leg that is not known, while their history can not be read', async () => {
    pipeline = await startTestPipeline(20);
    const own = await pipeline.table(LIMITS);
    const images: KeyReader['images'] = async () => {
      throw new BanyanError('overloaded', 'too slow');
    };
    table = { ...own, keyReader: Object.assign(watchedReads(own, async () => undefined).keyReader, { images }) };
    pipeline.replication.skippedKeys.add('11');
    await pipeline.source.query('update inventory set quantity = 1 where item_id = 11');
    await pipeline.replication.drained();
    expect(await judged('11')).toEqual({ 11: 'DIVERGED unknown' });
  }, 120_000);

  it('stay proved of a key that is mended before its neighbours are looked at', async () => {
    pipeline = await startTestPipeline(60);
    table = await pipeline.table(LIMITS);
    pipeline.replication.jumpOver = 15;
    await pipeline.source.query('update inventory set quantity = 2 where item_id > 40');
    await pipeline.replication.drained();
    let reads = 0;
    table = watchedReads(table, async (side) => {
      if (side === 'source') reads += 1;
      if (reads === 2) await pipeline.target.query('update stock_level set quantity = 2 where item_id = 45');
    });
    const keys = Array.from({ length: 20 }, (_, i) => String(41 + i));
    const before = await pipeline.target.query('select quantity from stock_level where item_id = 45');
    expect(before.rows).toEqual([{ quantity: 100 }]);
    expect((await judged(...keys))[45]).toMatch(/^DIVERGED/);
    expect(await rowOf('target', 45)).toBe(2);
  }, 120_000);
});

describe('changes that are delivered again', () => {
  it('leave rows CLEAN that are as they should be, and hide none that is not', async () => {
    pipeline = await startTestPipeline(20);
    table = await pipeline.table(LIMITS);
    pipeline.replication.skippedKeys.add('5');
    await pipeline.source.query('update inventory set quantity = 1 where item_id between 1 and 10');
    await pipeline.source.query('update inventory set quantity = 2 where item_id between 4 and 7');
    await pipeline.replication.drained();
    pipeline.replication.redeliver(12);
    await pipeline.replication.drained();
    const all = Array.from({ length: 20 }, (_, i) => String(i + 1));
    const { 5: skipped, ...others } = await judged(...all);
    expect(table.forward.window.events('5').events.some(({ repeat }) => repeat)).toBe(true);
    expect(skipped).toMatch(/^DIVERGED/);
    expect(new Set(Object.values(others))).toEqual(new Set(['CLEAN unknown']));
    // Were it applied again, it would for a while be as it was: nothing to call different.
    await pipeline.target.query('update stock_level set quantity = 100 where item_id = 6');
    const [part] = table.forward.window.events('6').parts;
    const first = table.forward.window.events('6').events.find(({ repeat }) => repeat)?.offset ?? 0n;
    await pipeline.target.query('update applied_offset set next_offset = $1 where partition = $2', [
      String(first + 1n),
      part,
    ]);
    expect(await judged('6')).toEqual({ 6: 'PENDING unknown' });
  }, 120_000);
});

describe('what the topic says of itself', () => {
  it('a gap leaves nothing CLEAN until the applier has passed the new beginning', async () => {
    pipeline = await startTestPipeline(20);
    table = await pipeline.table(LIMITS);
    expect(await judged('5')).toEqual({ 5: 'CLEAN unknown' });
    const partition = table.forward.window.events('5').parts[0] ?? 0;
    const end = table.forward.window.ends.get(partition) ?? 0n;
    // What the applier has not been told of yet.
    table.forward.window.add({
      topic: table.forward.topic,
      partition,
      records: [],
      readFrom: end + 5n,
      nextOffset: end + 6n,
      highWatermark: end + 6n,
    });
    const [finding] = await verifyKeys(table, ['5'], { captureMs: 500, applyMs: 500 }, new AbortController().signal);
    expect(finding).toMatchObject({ verdict: expect.not.stringMatching(/CLEAN|DIVERGED/) });
    expect(finding?.detail.reason).toMatch(/were dropped before they were read|recreated/);
  }, 120_000);

  it('an applier past the end of the log is UNKNOWN', async () => {
    pipeline = await startTestPipeline(20);
    table = await pipeline.table(LIMITS);
    await pipeline.target.query('update applied_offset set next_offset = next_offset + 1000');
    const [finding] = await verifyKeys(table, ['5'], { captureMs: 500, applyMs: 500 }, new AbortController().signal);
    expect(finding).toMatchObject({ verdict: 'UNKNOWN', detail: { reason: expect.stringContaining('past the end') } });
  }, 120_000);
});
