import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TestReplication } from '../../tools/testReplication.ts';
import { type FollowTwoWay, startTwoWay, TWO_WAY_MAPPING, type TwoWay } from '../../tools/testTwoWay.ts';
import type { TableMapping } from '../core/migration/definition.ts';
import type { VerifiedTable } from './verifiedTable.ts';
import { verifyKeys } from './verifyKeys.ts';
import { verifyTable } from './verifyTable.ts';

let rig: TwoWay;
let source: pg.Pool;
let target: pg.Pool;
let there: TestReplication;
let back: TestReplication;
let table: VerifiedTable;

const follow = (options: FollowTwoWay = {}) => rig.follow({ limits: { patienceMs: 1_000 }, ...options });

beforeEach(async () => {
  rig = await startTwoWay();
  ({ source, target, there, back } = rig);
  table = await follow();
});

afterEach(() => rig.close());

async function findings(): Promise<Record<string, string>> {
  await verifyTable(table, 'worker', new AbortController().signal);
  const { rows } = await rig.store.pool.query(
    `select key, state, leg from divergence where resolved_at is null order by key::bigint`,
  );
  return Object.fromEntries(rows.map((row) => [row.key, `${row.state} ${row.leg}`]));
}

describe('both sides write, each its own keys', () => {
  it('proves nothing on healthy traffic', async () => {
    let stop = false;
    const writing = (async () => {
      for (let i = 0; !stop; i += 1) {
        await source.query('update inventory set quantity = quantity + 1 where item_id = $1', [1 + (i % 50)]);
        await target.query('update stock_level set quantity = quantity - 1 where item_id = $1', [51 + (i % 50)]);
        do await sleep(5);
        while (there.backlog + back.backlog > 20);
      }
    })();
    for (let i = 0; i < 4; i += 1) {
      expect(Object.values(await findings()).filter((finding) => finding.startsWith('DIVERGED'))).toEqual([]);
    }
    stop = true;
    await writing;
    await Promise.all([there.drained(), back.drained()]);
    expect(await findings()).toEqual({});
  });

  it('waits for the way back, then names the applier that skipped and the hand that wrote past it', async () => {
    back.applierPaused = true;
    await target.query('update stock_level set quantity = 7 where item_id = 60');
    expect(await findings()).toEqual({ 60: 'PENDING unknown' });
    back.applierPaused = false;
    await back.drained();
    expect(await findings()).toEqual({});

    there.skippedKeys.add('10');
    await source.query('update inventory set quantity = 5 where item_id = 10');
    back.skippedKeys.add('20');
    await target.query('update stock_level set quantity = 6 where item_id = 20');
    there.lostKeys.add('30');
    await source.query('update inventory set quantity = 8 where item_id = 30');
    await Promise.all([there.drained(), back.drained()]);
    expect(await findings()).toEqual({ 10: 'DIVERGED apply', 20: 'DIVERGED rogue_write', 30: 'DIVERGED capture' });
  });
});

/** Who owns which row, in both databases: a row that is not named belongs to the source and never changed hands. */
const OWNERS = `select k as key, coalesce(o.epoch, 0) as epoch, coalesce(o.owner, 'source') as owner, o.since
  from unnest($1::text[]) k left join owner_of o on o.item_id = k::bigint`;
const OWNED: TableMapping = { ...TWO_WAY_MAPPING, ownership: { source: OWNERS, target: OWNERS } };

describe('rows have owners, who change', () => {
  beforeEach(async () => {
    for (const pool of [source, target]) {
      await pool.query(
        'create table owner_of (item_id bigint primary key, epoch int, owner text, since xid8 default pg_current_xact_id())',
      );
      await pool.query('grant select on owner_of to public');
    }
    table = await follow({ mapping: OWNED });
  });

  /** Hands rows over once nobody writes them and all that was written has come to the other side. */
  async function handOver(from: number, to: number, owner: 'source' | 'target', epoch: number): Promise<void> {
    await Promise.all([there.drained(), back.drained()]);
    for (const pool of [source, target]) {
      await pool.query(
        `insert into owner_of (item_id, epoch, owner) select i, $3, $4 from generate_series($1::int, $2::int) i
         on conflict (item_id) do update set epoch = excluded.epoch, owner = excluded.owner, since = pg_current_xact_id()`,
        [from, to, epoch, owner],
      );
    }
  }

  it("a row of the target that the source's applier skipped is that applier's fault", async () => {
    await handOver(20, 30, 'target', 1);
    // From this look on each applier is told from other hands.
    await verifyKeys(table, ['21'], { captureMs: 1_000, applyMs: 1_000 }, new AbortController().signal);
    back.skippedKeys.add('20');
    await target.query('update stock_level set quantity = 6 where item_id in (20, 21)');
    await source.query('update inventory set quantity = 9 where item_id = 22');
    there.skippedKeys.add('22');
    await Promise.all([there.drained(), back.drained()]);
    expect(await findings()).toMatchObject({ 20: 'DIVERGED apply' });
    const { rows } = await rig.store.pool.query(`select detail from divergence where key = '20'`);
    expect(rows[0].detail).toMatchObject({
      owner: 'target',
      topic: 'back',
      source: { quantity: '100' },
      target: { quantity: '6' },
      reason: expect.stringContaining('the target owns the row'),
    });
  });

  it('what the owner before wrote is not held against the capture once the row has come back', async () => {
    await source.query('update inventory set quantity = 1 where item_id = 30');
    await handOver(30, 30, 'target', 1);
    await target.query('update stock_level set quantity = 5 where item_id = 30');
    await handOver(30, 30, 'source', 2);
    // Of the way back nothing of before is held any more.
    table = await follow({
      mapping: OWNED,
      history: 0n,
      verifiedThere: new Map([0, 1, 2].map((part) => [part, { next: 0n, grown: false, mark: null }])),
    });
    expect(await findings()).toEqual({});
    const hidden = new pg.Client({ connectionString: target.options.connectionString });
    await hidden.connect();
    const origin = `hidden_${randomUUID().slice(0, 8)}`;
    await hidden.query('select pg_replication_origin_create($1)', [origin]);
    await hidden.query('select pg_replication_origin_session_setup($1)', [origin]);
    await hidden.query('update stock_level set quantity = 9 where item_id = 30');
    await hidden.query('select pg_replication_origin_session_reset()');
    await hidden.query('select pg_replication_origin_drop($1)', [origin]);
    await hidden.end();
    expect(await findings()).toEqual({ 30: 'DIVERGED unknown' });
  });

  it('rows change hands again and again under writes: nothing is divergent', async () => {
    let owner: 'source' | 'target' = 'source';
    let held = false;
    let stop = false;
    let writing = 0;
    const writer = (async () => {
      for (let i = 0; !stop; i += 1) {
        if (held) {
          await sleep(2);
          continue;
        }
        writing += 1;
        await source.query('update inventory set quantity = quantity + 1 where item_id = $1', [1 + (i % 10)]);
        const moving = 21 + (i % 10);
        if (owner === 'source') {
          await source.query('update inventory set quantity = quantity + 1 where item_id = $1', [moving]);
        } else {
          await target.query('update stock_level set quantity = quantity + 1 where item_id = $1', [moving]);
        }
        do await sleep(5);
        while (there.backlog + back.backlog > 20);
      }
    })();
    for (let epoch = 1; epoch <= 6; epoch += 1) {
      expect(Object.values(await findings()).filter((finding) => finding.startsWith('DIVERGED'))).toEqual([]);
      const checking = findings();
      held = true;
      await sleep(20);
      owner = owner === 'source' ? 'target' : 'source';
      await handOver(21, 30, owner, epoch);
      held = false;
      expect(Object.values(await checking).filter((finding) => finding.startsWith('DIVERGED'))).toEqual([]);
    }
    stop = true;
    await writer;
    expect(writing).toBeGreaterThan(10);
    await Promise.all([there.drained(), back.drained()]);
    expect(await findings()).toEqual({});
  });
});

describe('both captures carry what the appliers wrote', () => {
  it('one change goes to and fro, and an alert names the row and where', async () => {
    there.carriesApplied = true;
    back.carriesApplied = true;
    await source.query('update inventory set quantity = 7 where item_id = 40');
    await expect
      .poll(() => table.reverse?.window.events('40').events.length ?? 0, { timeout: 20_000 })
      .toBeGreaterThan(4);
    await expect.poll(async () => (await findings())['40'], { timeout: 20_000 }).toBe('CONFLICT unknown');
    const { rows } = await rig.store.pool.query(`select detail->>'reason' as reason from divergence where key = '40'`);
    expect(rows[0].reason).toMatch(
      /^ping-pong: one change has gone to and fro \d+ times, last as there \d\/\d+ and back \d\/\d+/,
    );
  });
});
