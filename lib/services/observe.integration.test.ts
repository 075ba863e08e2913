import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CDC_TOPIC, HEARTBEAT_TOPIC, SAGA } from '../../tools/ingestRig.ts';
import { createTestDatabase } from '../../tools/testDatabase.ts';
import { type Database, openDatabase } from '../adapters/store/database.ts';
import { PgObservationStore } from '../adapters/store/observationStore.ts';
import { type AppliedView, observeApplied } from './observeApplied.ts';
import { observeHeartbeat } from './observeHeartbeat.ts';
import { observeLag } from './observeLag.ts';
import { settleSagas } from './settleSagas.ts';

const LIMIT_US = 1_000_000n;
const T0_MS = 1_795_000_000_000;

let database: Database;
let store: PgObservationStore;
let nowMs = T0_MS;
const clock = { nowMs: () => nowMs };

beforeAll(async () => {
  database = await openDatabase({ url: await createTestDatabase('observe'), applicationName: 'test', migrate: true });
  store = new PgObservationStore(database.pool);
});
afterAll(() => database.close());
beforeEach(async () => {
  nowMs = T0_MS;
  await database.pool.query(
    'truncate pending_apply, kpi_bucket, kpi_bin, saga_event, saga_instance, ingest_offset, key_event, observe_mark, lag_sample',
  );
});

/** Change events as ingest writes them: offsets from `first`, committed at these moments. */
async function pending(first: number, commitsMs: readonly number[], partition = 0): Promise<void> {
  const offsets = commitsMs.map((_, index) => first + index);
  await database.pool.query(
    `insert into pending_apply (context, series, topic, part, first_offset, last_offset, offsets, source_ts_us, total)
     values ('inventory', 'inventory', $1, $7, $2, $3, $4, $5, $6)`,
    [CDC_TOPIC, first, offsets.at(-1), offsets, commitsMs.map((ms) => ms * 1000), offsets.length, partition],
  );
}

async function bucket(indicator: string, cohort: string): Promise<{ n: number; bad: number; unknown: number }> {
  const { rows } = await database.pool.query<{ n: number; bad: number; unknown: number }>(
    `select coalesce(sum(n), 0)::int as n, coalesce(sum(bad), 0)::int as bad, coalesce(sum(unknown), 0)::int as unknown
     from kpi_bucket where indicator = $1 and cohort = $2`,
    [indicator, cohort],
  );
  return rows[0] ?? { n: 0, bad: 0, unknown: 0 };
}

describe('applied changes', () => {
  async function applyLag(applied: AppliedView) {
    const inputs = {
      context: 'inventory',
      series: 'inventory',
      kafkaReachable: true,
      hops: null,
      heartbeat: { kind: 'unknown' as const },
      heartbeatEveryMs: null,
    };
    return (await observeLag({ ...inputs, applied }, store, clock)).find(({ hop }) => hop === 'apply');
  }

  function observer() {
    let position: Map<number, bigint> | Error = new Map([[0, 0n]]);
    const applied = {
      read: async () => {
        if (position instanceof Error) throw position;
        return position;
      },
    };
    const target = { context: 'inventory', series: 'inventory', topic: CDC_TOPIC, limitUs: LIMIT_US };
    const observed = observeApplied({ ...target, applied, store, clock });
    return {
      observed,
      /** `null`: the source answers, and has no position yet. */
      async at(ms: number, next: bigint | null | Error) {
        nowMs = T0_MS + ms;
        position = next instanceof Error ? next : new Map(next === null ? [] : [[0, next]]);
        await observed.sample();
      },
    };
  }

  it('counts good, late and overdue events once each, and forgets what is applied', async () => {
    const { at } = observer();
    await pending(0, [T0_MS, T0_MS + 100, T0_MS + 200]);
    await at(300, 0n);
    await at(400, 1n);
    await at(1_200, 1n);
    await at(1_250, 3n);
    expect(await bucket('cdc_lag', 'apply')).toEqual({ n: 3, bad: 2, unknown: 0 });
    await at(2_500, 3n);
    expect(await bucket('cdc_lag', 'apply')).toEqual({ n: 3, bad: 2, unknown: 0 });
    expect(await database.prisma.pendingApply.count()).toBe(0);
  });

  it('two workers that sample at once count each event once', async () => {
    const a = observer();
    const b = observer();
    await pending(
      0,
      Array.from({ length: 500 }, (_, index) => T0_MS + index),
    );
    await Promise.all([a.at(700, 500n), b.at(700, 500n), a.at(710, 500n), b.at(710, 500n)]);
    await a.at(720, 500n);
    expect(await bucket('cdc_lag', 'apply')).toMatchObject({ n: 500, bad: 0 });
  });

  it('what was applied while nobody looked is unknown, never bad', async () => {
    const { at } = observer();
    await pending(0, [T0_MS]);
    await at(60_000, 1n);
    expect(await bucket('cdc_lag', 'apply')).toEqual({ n: 0, bad: 0, unknown: 1 });
  });

  it('of a partition without a position nothing is applied: its changes are late, and its lag grows', async () => {
    const { at, observed } = observer();
    await at(0, null);
    expect(await applyLag(observed.view)).toMatchObject({ lagMs: null, detail: 'no change has been applied yet' });
    await pending(0, [T0_MS]);
    await pending(0, [T0_MS + 500, T0_MS + 700], 1);
    await at(100, null);
    await at(900, 1n);
    expect(await bucket('cdc_lag', 'apply')).toEqual({ n: 1, bad: 0, unknown: 0 });
    await at(1_600, 1n);
    expect(await bucket('cdc_lag', 'apply')).toEqual({ n: 2, bad: 1, unknown: 0 });
    expect(await applyLag(observed.view)).toMatchObject({ lagMs: 1_100 });
  });

  it('an unreadable position settles nothing, and the lag is null until it can be read', async () => {
    const { at, observed } = observer();
    await pending(0, [T0_MS]);
    await at(2_000, new Error('connection refused'));
    expect(await bucket('cdc_lag', 'apply')).toEqual({ n: 0, bad: 0, unknown: 0 });
    const lagOf = () => applyLag(observed.view);
    expect(await lagOf()).toMatchObject({ lagMs: null, detail: expect.stringMatching(/connection refused/) });
    await at(5_000, 0n);
    expect(await lagOf()).toMatchObject({ lagMs: 5_000 });
    await at(9_000, 0n);
    expect(await lagOf()).toMatchObject({ lagMs: 9_000 });
    await at(9_100, 1n);
    expect(await lagOf()).toMatchObject({ lagMs: 0 });
  });
});

describe('heartbeats', () => {
  async function state(newestMs: number, caughtUpMs: number | null): Promise<void> {
    await database.pool.query(
      `insert into key_event (topic, key, part, "offset", op, source_ts_us) values ($1, '["monolith"]', 0, 1, 'h', $2)
       on conflict (topic, key) do update set source_ts_us = excluded.source_ts_us`,
      [HEARTBEAT_TOPIC, newestMs * 1000],
    );
    await database.pool.query(
      `insert into ingest_offset (consumer, topic, part, next_offset, epoch, owner, caught_up_at) values ('banyan', $1, 0, 2, 1, 'a', to_timestamp($2 / 1000.0))
       on conflict (consumer, topic, part) do update set caught_up_at = excluded.caught_up_at`,
      [HEARTBEAT_TOPIC, caughtUpMs],
    );
  }
  const observe = () =>
    observeHeartbeat({
      context: 'inventory',
      series: 'inventory',
      topic: HEARTBEAT_TOPIC,
      everyMs: 1_000,
      limitUs: LIMIT_US,
      consumer: 'banyan',
      store,
      clock,
    });

  const cases: [what: string, ageMs: number, caughtUpAgoMs: number | null, kind: string, counted: object][] = [
    ['a fresh one is good', 900, 0, 'alive', { n: 1, bad: 0 }],
    ['one that is older than gap and slack is bad', 2_100, 0, 'late', { n: 1, bad: 1 }],
    ['an old one is nothing while Kafka was not read to its end', 60_000, 10_000, 'unknown', { n: 0 }],
    ['an old one is nothing while Kafka was never read to its end', 60_000, null, 'unknown', { n: 0 }],
  ];
  it.each(cases)('%s', async (_what, ageMs, caughtUpAgoMs, kind, counted) => {
    await state(T0_MS - ageMs, caughtUpAgoMs === null ? null : T0_MS - caughtUpAgoMs);
    expect(await observe()).toMatchObject({ kind });
    await observe();
    expect(await bucket('cdc_lag', 'heartbeat')).toMatchObject(counted);
  });
});

describe('sagas', () => {
  async function saga(id: string, events: readonly [type: string, atMs: number][]): Promise<void> {
    for (const [type, atMs] of events) {
      await database.pool.query(
        `insert into saga_event (context, saga_type, saga_id, message_id, event_type, at, topic, part, "offset")
         values ('inventory', 'place-order', $1, $1 || $2, $2, to_timestamp($3 / 1000.0), 'shop.orders', 0, 0)`,
        [id, type, T0_MS + atMs],
      );
    }
    await database.pool.query(
      `insert into saga_instance (context, saga_type, saga_id, started_at, deadline_at)
       values ('inventory', 'place-order', $1, to_timestamp($2 / 1000.0), to_timestamp(($2 + 10000) / 1000.0))`,
      [id, T0_MS],
    );
  }
  async function countedUntil(ms: number | null): Promise<void> {
    await database.pool.query(
      `insert into ingest_offset (consumer, topic, part, next_offset, epoch, owner, caught_up_at) values ('banyan', 'shop.orders', 0, 2, 1, 'a', to_timestamp($1 / 1000.0))
       on conflict (consumer, topic, part) do update set caught_up_at = excluded.caught_up_at`,
      [ms === null ? null : T0_MS + ms],
    );
  }
  const settle = () =>
    settleSagas({ context: 'inventory', saga: SAGA, consumer: 'banyan', transactionLimitUs: 2_000_000n, store });

  it('each is settled once, after its deadline, when everything up to it has been counted', async () => {
    await saga('good', [
      ['OrderPlaced', 0],
      ['ItemReserved', 500],
      ['OrderConfirmed', 1_000],
    ]);
    await saga('slow', [
      ['OrderPlaced', 0],
      ['OrderConfirmed', 3_000],
    ]);
    await saga('stuck', [
      ['OrderPlaced', 0],
      ['ItemReserved', 500],
    ]);
    await saga('owing', [
      ['OrderPlaced', 0],
      ['ItemReserved', 500],
      ['OrderCancelled', 900],
    ]);
    for (const ms of [null, 9_000, 11_999]) {
      await countedUntil(ms);
      expect(await settle()).toBe(0);
    }
    await countedUntil(12_001);
    const counts = await Promise.all([settle(), settle()]);
    expect(counts[0] + counts[1]).toBe(4);
    expect(await settle()).toBe(0);
    expect(await bucket('saga_success', 'all')).toMatchObject({ n: 4, bad: 2 });
    expect(await bucket('transaction_time', 'all')).toMatchObject({ n: 4, bad: 2 });
    const rows = await database.prisma.sagaInstance.findMany({ orderBy: { sagaId: 'asc' } });
    expect(rows.map(({ sagaId, outcome }) => [sagaId, outcome])).toEqual([
      ['good', 'completed'],
      ['owing', 'compensation_failed'],
      ['slow', 'completed'],
      ['stuck', 'stuck'],
    ]);
    const buckets = await database.prisma.kpiBucket.findMany({ where: { indicator: 'saga_success' } });
    expect(buckets.map(({ bucketAt }) => bucketAt.getTime())).toEqual([T0_MS + 10_000]);
  });

  it('a stopped partition keeps its sagas open', async () => {
    await saga('one', [['OrderPlaced', 0]]);
    await countedUntil(60_000);
    await database.pool.query(`update ingest_offset set stopped = 'gap'`);
    expect(await settle()).toBe(0);
  });
});
