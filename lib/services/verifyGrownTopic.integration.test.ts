import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { partitionOf } from '../../tools/testDecoding.ts';
import { startTestPipeline, type TestPipeline } from '../../tools/testPipeline.ts';
import { StoredContinuous } from '../adapters/store/continuousStore.ts';
import type { VerifiedTable } from './verifiedTable.ts';
import { verifyChanges } from './verifyChanges.ts';
import { verifyKeys } from './verifyKeys.ts';
import { verifyTable } from './verifyTable.ts';

const ITEMS = 60;
const ALL = { timeout: 30_000 };
const LIMITS = { patienceMs: 500, tries: 2, stalledAfterMs: 60_000 };

let pipeline: TestPipeline;
let stops: (() => Promise<void>)[] = [];

beforeEach(async () => {
  pipeline = await startTestPipeline(ITEMS);
});
afterEach(async () => {
  for (const stop of stops.toReversed()) await stop();
  stops = [];
  await pipeline.close();
});

const KEYS = Array.from({ length: ITEMS }, (_, i) => String(i + 1));

/** A key whose changes go to an added partition once the topic has so many. */
function movedKey(partitions = pipeline.replication.partitions): string {
  const moved = KEYS.find((key) => partitionOf(key, partitions) >= 3);
  if (moved === undefined) throw new Error('no key moves');
  return moved;
}

/** A key whose changes go to this partition before and after the topic has so many. */
function stayingKey(part: number, partitions = pipeline.replication.partitions): string {
  const staying = KEYS.find((key) => partitionOf(key, 3) === part && partitionOf(key, partitions) === part);
  if (staying === undefined) throw new Error('no key stays');
  return staying;
}

async function writeOn(key: string, signal: AbortSignal): Promise<void> {
  for (let i = 0; !signal.aborted; i += 1) {
    await change(key, i);
    await sleep(5);
  }
}

async function judge(table: VerifiedTable, key: string): Promise<string> {
  const patience = { captureMs: 500, applyMs: 500 };
  const [finding] = await verifyKeys(table, [key], patience, new AbortController().signal);
  return `${finding?.verdict} ${finding?.leg}: ${finding?.detail.reason}`;
}

const change = (key: string, quantity: number) =>
  pipeline.source.query('update inventory set quantity = $2 where item_id = $1', [key, quantity]);

/** A worker that verifies continuously, from where the store says. */
async function startWorker(owner: string): Promise<VerifiedTable> {
  const store = new StoredContinuous(pipeline.store.pool);
  const table = await pipeline.table(LIMITS, (topic) => store.verifiedTo(topic));
  const stopped = new AbortController();
  const limits = { leaseMs: 300, commitEveryMs: 50 };
  const run = verifyChanges({ table, store, owner, status: { report: () => undefined }, limits }, stopped.signal);
  stops.push(async () => {
    stopped.abort();
    await run;
    await table.following.stop();
  });
  return table;
}

async function stopWorker(): Promise<void> {
  await stops.pop()?.();
}

async function verifiedUpTo(): Promise<bigint> {
  const verified = await new StoredContinuous(pipeline.store.pool).verifiedTo(pipeline.replication.topic);
  return [...verified.values()].reduce((sum, { next }) => sum + next, 0n);
}

async function logEnd(): Promise<bigint> {
  const { topic } = pipeline.replication;
  const ranges = (await pipeline.replication.ranges([topic])).get(topic) ?? [];
  return ranges.reduce((sum, { high }) => sum + high, 0n);
}

const allVerified = async () => (await verifiedUpTo()) === (await logEnd());

describe('partitions are added to the change topic', () => {
  it('a change that went to a partition which is not followed yet makes its row PENDING, not divergent', async () => {
    const table = await pipeline.table(LIMITS);
    const { replication } = pipeline;
    replication.hidesAdded = true;
    replication.addPartitions(2);
    const key = movedKey();
    replication.applierPaused = true;
    await change(key, 7);
    await expect.poll(() => replication.backlog, ALL).toBe(1);
    const isNew = /^PENDING unknown: partition \d of .* is new and has not been read yet/;
    expect(await judge(table, key)).toMatch(isNew);
    replication.hidesAdded = false;
    await expect.poll(() => table.forward.window.partitions.length).toBe(5);
    expect(await judge(table, key)).toMatch(/^PENDING unknown: the change at offset 0 waits to be applied/);
    replication.applierPaused = false;
    await replication.drained();
    expect(await judge(table, key)).toMatch(/^CLEAN/);
  });

  it('a row that changed on both sides of the growth is judged by its newest change, and its corruption found', async () => {
    const table = await pipeline.table(LIMITS);
    const { replication } = pipeline;
    replication.addPartitions(2);
    const key = movedKey();
    await change(key, 7);
    await replication.drained();
    await expect.poll(() => table.forward.window.events(key).parts.length).toBe(2);
    expect(await judge(table, key)).toMatch(/^CLEAN/);
    await pipeline.target.query('update stock_level set quantity = 100 where item_id = $1', [key]);
    expect(await judge(table, key)).toMatch(
      /^DIVERGED unknown: the change at offset 0 is held .* apply or rogue_write/,
    );
    replication.lostKeys.add(key);
    await change(key, 8);
    expect(await judge(table, key)).toMatch(/^DIVERGED capture/);
  });

  it('partitions are looked for before a divergence is told, where the fence has no need of them', async () => {
    const table = await pipeline.table(LIMITS);
    const { replication } = pipeline;
    const key = movedKey(5);
    const neighbour = stayingKey(partitionOf(key, 3), 5);
    Object.assign(replication, { hidesAdded: true, acknowledges: false });
    replication.addPartitions(2);
    replication.skippedKeys.add(key);
    await change(key, 7);
    // Changes of its neighbour go on: each is a fence for all that came before it in the old partition.
    const stopped = new AbortController();
    const writing = writeOn(neighbour, stopped.signal);
    expect(await judge(table, key)).toMatch(/^PENDING unknown: partition \d of .* is new and has not been read yet/);
    stopped.abort();
    await writing;
  });

  it.each(['while no worker runs', 'before the worker began again'])(
    '%s: rows are judged by all partitions',
    async (when) => {
      const { replication } = pipeline;
      await startWorker('a');
      await expect.poll(allVerified, ALL).toBe(true);
      if (when === 'while no worker runs') await stopWorker();
      replication.addPartitions(2);
      const key = movedKey();
      // Changes of its neighbour are a fence for the partition in which its older changes lie.
      const neighbour = stayingKey(partitionOf(key, 3));
      if (when !== 'while no worker runs') {
        await change(key, 5);
        await expect.poll(allVerified, ALL).toBe(true);
        await stopWorker();
      }
      replication.withheld.add(3).add(4);
      const table = await startWorker('b');
      replication.applierPaused = true;
      await change(key, 7);
      await expect.poll(() => replication.backlog, ALL).toBe(1);
      const stopped = new AbortController();
      const writing = writeOn(neighbour, stopped.signal);
      expect(await judge(table, key)).toMatch(/^PENDING/);
      stopped.abort();
      await writing;
      replication.withheld.clear();
      replication.applierPaused = false;
      await replication.drained();
      await expect.poll(allVerified, ALL).toBe(true);
      expect(await judge(table, key)).toMatch(/^CLEAN/);
      const { rows } = await pipeline.store.pool.query("select from divergence where state = 'DIVERGED'");
      expect(rows).toEqual([]);
    },
  );

  it('under writes: nothing is divergent but what was corrupted, and at last every row is clean', async () => {
    const { replication, source } = pipeline;
    const table = await startWorker('a');
    let stop = false;
    const writing = (async () => {
      for (let i = 0; !stop; i += 1) {
        await source.query('update inventory set quantity = $2 where item_id = $1', [1 + (i % 50), i % 7]);
        do await sleep(3);
        while (replication.backlog > 20);
      }
    })();
    const sweep = () => verifyTable(table, 'a', new AbortController().signal);
    await sweep();
    for (const count of [1, 2, 3]) {
      replication.addPartitions(count);
      await sweep();
    }
    expect(await pipeline.findings()).not.toContain('DIVERGED');
    replication.skippedKeys.add('55');
    replication.lostKeys.add('56');
    await source.query('update inventory set quantity = 77 where item_id in (55, 56)');
    await pipeline.target.query('update stock_level set quantity = 78 where item_id = 57');
    const corrupted = { 55: 'DIVERGED apply', 56: 'DIVERGED capture', 57: 'DIVERGED unknown' };
    await expect
      .poll(async () => {
        await sweep();
        const found = Object.entries(await pipeline.findings());
        return Object.fromEntries(found.filter(([, verdict]) => verdict.startsWith('DIVERGED')));
      }, ALL)
      .toEqual(corrupted);
    stop = true;
    await writing;
    await replication.drained();
    await sweep();
    expect(await pipeline.findings()).toEqual(corrupted);
    const { rows } = await pipeline.store.pool.query(
      "select distinct key from divergence where state = 'DIVERGED' order by 1",
    );
    expect(rows.map(({ key }) => key)).toEqual(['55', '56', '57']);
  });
});
