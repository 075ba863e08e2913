import pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type StillTables, stillTables } from '../../tools/stillTables.ts';
import { SourceDatabase } from '../adapters/postgres/sourceDatabase.ts';
import { SourceDatabaseProbe } from '../adapters/postgres/sourceDatabaseProbe.ts';
import { SourceLoad } from '../adapters/postgres/sourceLoad.ts';
import { loadGate } from './loadGate.ts';
import { verifyTable } from './verifyTable.ts';

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const NO_LIMITS = { activeConnections: Infinity, replicaLagMs: Infinity, backlog: Infinity };
let tables: StillTables;
beforeEach(async () => {
  tables = await stillTables(250);
});
afterEach(() => tables.close());

/** A session of the source's own that is at work until told to end. */
async function busySession(): Promise<{ end(): Promise<void> }> {
  const client = new pg.Client(tables.sourceUrl);
  await client.connect();
  const { rows } = await client.query('select pg_backend_pid() as pid');
  const work = client.query('select pg_sleep(60)').catch(() => undefined);
  return {
    async end() {
      await tables.source.query('select pg_cancel_backend($1)', [rows[0].pid]);
      await work;
      await client.end();
    },
  };
}

it('a pass waits while the source is busy, says why, and goes on by itself', async () => {
  const reader = new SourceDatabase({ id: 'monolith', url: tables.sourceUrl, allowWritable: true });
  const session = await busySession();
  try {
    const load = loadGate({
      loads: [new SourceLoad(reader)],
      unreadEvents: async () => 0n,
      limits: { ...NO_LIMITS, activeConnections: 0.5 },
      logger,
    });
    const waits: string[] = [];
    const pass = verifyTable(tables.worker(), 'worker', new AbortController().signal, {
      load,
      progress: (_, waitsFor) => {
        if (waitsFor?.isLoad === true) waits.push(waitsFor.why);
      },
    });
    await expect
      .poll(() => waits[0], { timeout: 30_000 })
      .toMatch(/database monolith has \d+ active sessions \(limit 0.5\)/);
    expect((await tables.store.pool.query('select rows_compared from verify_run')).rows).toEqual([
      { rows_compared: '0' },
    ]);
    await session.end();
    expect((await pass).state).toBe('complete');
  } finally {
    await reader.close();
  }
});

it('a role that may not see sessions knows the load by the time that they worked', async () => {
  const load = new SourceLoad(tables.from);
  expect(await load.read()).toMatchObject({ activeBy: 'time', activeSessions: null, replicaLagMs: null });
  await tables.source.query('select count(*) from generate_series(1, 3000000)');
  await expect.poll(async () => (await load.read()).activeSessions, { timeout: 20_000 }).toBeGreaterThan(0);
});

it('the own backlog is a reason of its own', async () => {
  const gate = loadGate({ loads: [], unreadEvents: async () => 6n, limits: { ...NO_LIMITS, backlog: 5 }, logger });
  expect(await gate.pausedBecause()).toBe('6 change events wait to be read (limit 5)');
});

it('the status of a database shows what is taken of it and what may be', async () => {
  await tables.from.budget.take(500);
  const { detail, limit } = await new SourceDatabaseProbe(tables.from).probe();
  expect(detail).toMatch(
    /50 of at most Infinity rows a second, \d of 4 connections, active sessions not known yet(;|$)/,
  );
  expect(limit).toEqual({
    detail: expect.stringContaining('replica lag is not seen'),
    fix: expect.stringMatching(/^grant pg_read_all_stats to \w+$/),
  });
});

it('the fix of a role that sees too little lifts its limit', async () => {
  const { limit } = await new SourceDatabaseProbe(tables.from).probe();
  await tables.source.query(limit?.fix ?? '');
  expect((await new SourceDatabaseProbe(tables.from).probe()).limit).toBeNull();
});
