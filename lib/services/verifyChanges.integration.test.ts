import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startTestPipeline, type TestPipeline } from '../../tools/testPipeline.ts';
import { StoredContinuous } from '../adapters/store/continuousStore.ts';
import type { RowForm } from '../ports/keyReader.ts';
import type { PartReport } from '../ports/statusBoard.ts';
import type { ContinuousLimits } from './continuousLimits.ts';
import type { VerifyLimits } from './verifiedTable.ts';
import { verifyChanges } from './verifyChanges.ts';

const ITEMS = 200;
const ALL = { timeout: 60_000 };

let pipeline: TestPipeline;
let endWriter: () => Promise<void> = async () => undefined;
let running: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  await endWriter();
  for (const each of running) await each.stop();
  running = [];
  await pipeline.close();
});

interface Worker {
  readonly reports: PartReport[];
  /** Keys whose rows were read in this form. */
  readonly read: (form: RowForm) => ReadonlySet<string>;
  stop(): Promise<void>;
}

/** Starts a worker's continuous verification, which goes on where the store says. */
async function startWorker(
  owner: string,
  limits: Partial<VerifyLimits> = {},
  continuous: Partial<ContinuousLimits> = {},
): Promise<Worker> {
  const store = new StoredContinuous(pipeline.store.pool);
  const table = await pipeline.table(limits, (topic) => store.verifiedTo(topic));
  const reading = vi.spyOn(table.keyReader, 'read');
  const reports: PartReport[] = [];
  const stopped = new AbortController();
  const status = { report: (report: PartReport) => void reports.push(report) };
  const run = verifyChanges({ table, store, owner, status, limits: continuous }, stopped.signal);
  const worker = {
    reports,
    read: (form: RowForm) =>
      new Set(reading.mock.calls.flatMap(([, keys, asked = 'values']) => (asked === form ? keys : []))),
    async stop() {
      stopped.abort();
      await run;
      await table.following.stop();
    },
  };
  running.push(worker);
  return worker;
}

/** True when every change that is in the log by now counts as verified. */
async function allVerified(): Promise<boolean> {
  const { topic } = pipeline.replication;
  const ends = (await pipeline.replication.ranges([topic])).get(topic) ?? [];
  const verified = await new StoredContinuous(pipeline.store.pool).verifiedTo(topic);
  return ends.every(({ partition, high }) => (verified.get(partition)?.next ?? 0n) >= high);
}

async function counted(cohort: string): Promise<{ n: number; bad: number }> {
  const { rows } = await pipeline.store.pool.query(
    `select coalesce(sum(n), 0)::int as n, coalesce(sum(bad), 0)::int as bad from kpi_bucket
     where context = 'inventory' and indicator = 'consistency' and series = 'inventory' and cohort = $1`,
    [cohort],
  );
  return rows[0];
}

describe('continuous verification', () => {
  it('verifies every change, finds the changes that were not applied as they stand, and takes them back when mended', async () => {
    pipeline = await startTestPipeline(ITEMS);
    await startWorker('a');
    await expect.poll(allVerified, ALL).toBe(true);
    expect((await counted('verified')).n).toBe(ITEMS);
    pipeline.replication.skippedKeys.add('7');
    pipeline.replication.lostKeys.add('8');
    for (let i = 1; i <= 50; i += 1) {
      await pipeline.source.query('update inventory set quantity = quantity + 1 where item_id = $1', [1 + (i % 20)]);
    }
    await pipeline.replication.drained();
    await expect.poll(allVerified, ALL).toBe(true);
    // Nothing came of 8: a sweep has to find it, or its next change.
    expect(await pipeline.findings()).toEqual({ 7: 'DIVERGED apply' });
    pipeline.replication.lostKeys.clear();
    pipeline.replication.skippedKeys.clear();
    await pipeline.source.query('update inventory set quantity = quantity + 1 where item_id in (7, 8)');
    await expect.poll(() => pipeline.findings(), ALL).toEqual({});
    const { n, bad } = await counted('verified');
    expect(n).toBeGreaterThan(ITEMS);
    expect(bad).toBeGreaterThan(0);
    expect((await counted('applied')).n).toBeGreaterThan(0);
  });

  it('reads hashes of all that has changed, and values of what they leave open alone', async () => {
    pipeline = await startTestPipeline(ITEMS);
    const worker = await startWorker('a');
    await expect.poll(allVerified, ALL).toBe(true);
    pipeline.replication.skippedKeys.add('7');
    await pipeline.source.query('update inventory set quantity = quantity + 1 where item_id <= 20');
    await pipeline.replication.drained();
    await expect.poll(() => pipeline.findings(), ALL).toEqual({ 7: 'DIVERGED apply' });
    await expect.poll(allVerified, ALL).toBe(true);
    expect(worker.read('hashes').size).toBe(ITEMS);
    expect(worker.read('values')).toContain('7');
    // Besides 7, keys whose next change came between two reads.
    expect(worker.read('values').size).toBeLessThan(ITEMS / 2);
  });

  it('gives a row that never stands still its verdicts, A-B-A among its values, and finds it once it is not applied', async () => {
    pipeline = await startTestPipeline(ITEMS);
    await startWorker('a');
    await expect.poll(allVerified, ALL).toBe(true);
    const before = (await counted('verified')).n;
    let stop = false;
    const writing = (async () => {
      for (let i = 0; !stop; i += 1) {
        await pipeline.source.query('update inventory set quantity = $1 where item_id = 5', [100 + (i % 2)]);
        do await sleep(1);
        while (pipeline.replication.backlog > 50 && !stop);
      }
    })();
    endWriter = () => {
      stop = true;
      return writing;
    };
    await expect.poll(async () => (await counted('verified')).n - before, ALL).toBeGreaterThan(3);
    expect(await pipeline.findings()).toEqual({});
    pipeline.replication.skippedKeys.add('5');
    await pipeline.target.query('update stock_level set quantity = 55 where item_id = 5');
    await expect.poll(async () => (await pipeline.findings())[5], ALL).toMatch(/^DIVERGED/);
    await endWriter();
  }, 200_000);

  it('an applier that stands still is STALLED, never DIVERGED, and CLEAN once it goes on', async () => {
    pipeline = await startTestPipeline(ITEMS);
    await startWorker('a', { stalledAfterMs: 1_000, patienceMs: 300 });
    await expect.poll(allVerified, ALL).toBe(true);
    pipeline.replication.applierPaused = true;
    await pipeline.source.query('update inventory set quantity = 1 where item_id in (3, 4)');
    await expect.poll(() => pipeline.findings(), ALL).toEqual({ 3: 'STALLED unknown', 4: 'STALLED unknown' });
    expect(await allVerified()).toBe(false);
    pipeline.replication.applierPaused = false;
    await expect.poll(() => pipeline.findings(), ALL).toEqual({});
    await expect.poll(allVerified, ALL).toBe(true);
  });

  it('goes on where another worker ended: what changed while nobody looked is verified, and its leg told, too', async () => {
    pipeline = await startTestPipeline(ITEMS);
    const first = await startWorker('a');
    await expect.poll(allVerified, ALL).toBe(true);
    await first.stop();
    pipeline.replication.skippedKeys.add('9');
    await pipeline.source.query('update inventory set quantity = 1 where item_id between 1 and 20');
    await pipeline.replication.drained();
    expect(await allVerified()).toBe(false);
    await startWorker('b');
    await expect.poll(allVerified, ALL).toBe(true);
    // What the row was before is no longer held: that nobody has written it since, a look of the first worker tells.
    expect(await pipeline.findings()).toEqual({ 9: 'DIVERGED apply' });
  });

  it('a topic that was made anew while nobody looked, and is longer by now, is not taken for the one that was verified', async () => {
    pipeline = await startTestPipeline(ITEMS);
    const first = await startWorker('a');
    await expect.poll(allVerified, ALL).toBe(true);
    await first.stop();
    await pipeline.replication.recreate();
    for (const quantity of [1, 2]) await pipeline.source.query('update inventory set quantity = $1', [quantity]);
    await pipeline.replication.drained();
    await startWorker('b');
    await expect.poll(allVerified, ALL).toBe(true);
    const { rows } = await pipeline.store.pool.query('select skipped > 0 as skipped from verify_partition');
    expect(rows).toEqual([{ skipped: true }, { skipped: true }, { skipped: true }]);
    expect(await pipeline.findings()).toEqual({});
  });

  it('two workers share the partitions, and one takes over from another that is gone', async () => {
    pipeline = await startTestPipeline(ITEMS);
    const limits = { leaseMs: 1_500 };
    const first = await startWorker('a', {}, limits);
    await expect.poll(allVerified, ALL).toBe(true);
    await startWorker('b', {}, limits);
    const owners = async () => {
      const { rows } = await pipeline.store.pool.query(
        'select distinct owner from verify_partition where leased_until > now()',
      );
      return rows.map(({ owner }) => owner);
    };
    expect(await owners()).toEqual(['a']);
    await first.stop();
    await expect.poll(owners, ALL).toEqual(['b']);
    await pipeline.source.query('update inventory set quantity = 3 where item_id < 50');
    await pipeline.replication.drained();
    await expect.poll(allVerified, ALL).toBe(true);
    expect(await pipeline.findings()).toEqual({});
  });

  it('keeps what memory has no room for in the store, and leaves out, counted, what the store has no room for', async () => {
    pipeline = await startTestPipeline(ITEMS);
    const worker = await startWorker('a', {}, { inMemory: 30, inStore: 60, keysAtOnce: 20 });
    await expect.poll(allVerified, ALL).toBe(true);
    pipeline.replication.skippedKeys.add('150');
    pipeline.replication.applierPaused = true;
    await pipeline.source.query('update inventory set quantity = 3');
    const stored = async () => {
      const { rows } = await pipeline.store.pool.query('select count(*)::int as n from verify_backlog');
      return rows[0].n;
    };
    await expect.poll(stored, ALL).toBeGreaterThanOrEqual(60);
    // By now neither has room: these are left out.
    await pipeline.source.query('update inventory set quantity = 4');
    const skipped = async () => {
      const { rows } = await pipeline.store.pool.query('select sum(skipped)::int as n from verify_partition');
      return rows[0].n;
    };
    await expect.poll(skipped, ALL).toBeGreaterThan(0);
    await expect.poll(() => worker.reports.at(-1)?.state, ALL).toBe('degraded');
    pipeline.replication.applierPaused = false;
    await expect.poll(allVerified, { timeout: 100_000 }).toBe(true);
    expect(await stored()).toBe(0);
    expect(Object.keys(await pipeline.findings())).toEqual(['150']);
  });
});
