import { randomUUID } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../tools/testDatabase.ts';
import { type Database, openDatabase } from '../adapters/store/database.ts';
import { evidenceStore } from '../adapters/store/evidenceStore.ts';
import { verdictStore } from '../adapters/store/verdictStore.ts';
import { firstBrokenSeq } from '../core/audit/auditChain.ts';
import type { ContextDefinition, Migration } from '../core/migration/definition.ts';
import { stagePlanOf } from '../core/verdict/plan.ts';
import { currentVerdict } from '../core/verdict/stale.ts';
import { CONTEXT } from '../core/verdict/testCases.ts';
import type { StageId, StageVerdict } from '../core/verdict/verdict.ts';
import type { Principal } from '../ports/principal.ts';
import type { PartReport } from '../ports/statusBoard.ts';
import { evaluate } from './evaluate.ts';
import type { EvaluateDeps } from './evaluateContext.ts';
import { moveStage } from './moveStage.ts';
import { openAttempt } from './openAttempt.ts';
import { LOCAL_OPERATOR, SYSTEM } from './requireRole.ts';
import { sha256Hex } from './sha256Hex.ts';
import { waive } from './waive.ts';

const START_MS = Date.UTC(2026, 10, 21, 12, 0, 0);
const APPROVER: Principal = { id: 'ada', kind: 'person', roles: ['approver'] };
const INTERVAL_MS = 5000;
const open: Database[] = [];
let database: Database;
let clock: { atMs: number; nowMs: () => number };
let reports: PartReport[];

/** The plan without minimum durations, and without the inputs that do not exist yet: those are waived. */
const context: ContextDefinition = {
  ...CONTEXT,
  criteria: Object.fromEntries(
    (['sync_data', 'route_writes'] as const).map((stage) => [
      stage,
      Object.fromEntries(stagePlanOf(CONTEXT, stage).criteria.map((c) => [c.id, { minDurationSec: 0 }])),
    ]),
  ),
};

function migrationOf(one: ContextDefinition = context): Migration {
  return { id: 'shop', name: 'Shop', contexts: [one] };
}

function deps(on: Database = database): EvaluateDeps {
  return {
    store: verdictStore(on.pool),
    evidence: evidenceStore(on.pool),
    clock,
    ids: { next: () => randomUUID() },
    logger: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
    status: { report: (part) => reports.push(part) },
    intervalMs: INTERVAL_MS,
  };
}

beforeEach(async () => {
  const url = await createTestDatabase('evaluate');
  database = await openDatabase({ url, applicationName: 'test', migrate: true });
  open.push(database);
  clock = {
    atMs: START_MS,
    nowMs() {
      return this.atMs;
    },
  };
  reports = [];
});

afterAll(async () => {
  for (const one of open) await one.close();
});

async function tick(afterMs = 0, one: ContextDefinition = context): Promise<StageVerdict[]> {
  clock.atMs += afterMs;
  return [...(await evaluate(deps(), migrationOf(one)))];
}

async function verdictOf(stage: StageId, afterMs = 0): Promise<StageVerdict> {
  const verdict = (await tick(afterMs)).find((v) => v.stage === stage);
  if (verdict === undefined) throw new Error(`no verdict of ${stage}`);
  return verdict;
}

/** Observations in every ten-second bucket of a span up to now. */
async function seed(indicator: string, perBucket: { n: number; bad?: number }, lastSec: number): Promise<void> {
  const kinds: Record<string, readonly [series: string, cohort: string, limitUs: number]> = {
    saga_success: ['place-order', 'all', 0],
    transaction_time: ['place-order', 'all', 2_000_000],
    cdc_lag: ['inventory', 'apply', 1_000_000],
  };
  const [series, cohort, limitUs] = kinds[indicator] ?? ['', '', 0];
  await database.pool.query(
    `insert into kpi_bucket (context, indicator, series, cohort, limit_us, bucket_at, n, bad)
     select 'inventory', $1, $2, $3, $4, at, $5, $6
     from generate_series($7::timestamptz, $8::timestamptz, interval '10 seconds') at
     on conflict (context, indicator, series, cohort, limit_us, bucket_at)
       do update set n = kpi_bucket.n + excluded.n, bad = kpi_bucket.bad + excluded.bad`,
    [
      indicator,
      series,
      cohort,
      limitUs,
      perBucket.n,
      perBucket.bad ?? 0,
      new Date(clock.atMs - lastSec * 1000),
      new Date(clock.atMs - 10_000),
    ],
  );
}

async function seedCleanPass(): Promise<void> {
  await database.pool.query(
    `insert into verify_run (id, context, "table", mode, state, started_at, finished_at, rows_compared, ranges_total,
       ranges_done, clean, mapping_digest)
     values ($1, 'inventory', 'inventory', 'sweep', 'complete', $2, $3, 1000, 4, 4, 1000, 'd')`,
    [randomUUID(), new Date(clock.atMs - 4000), new Date(clock.atMs - 2000)],
  );
}

/** route_writes with ten minutes of good evidence of every kind. */
async function goodRun(): Promise<StageVerdict> {
  await moveStage(deps(), LOCAL_OPERATOR, context, 'route_writes');
  const request = {
    stage: 'route_writes',
    criterion: 'stock_invariant',
    reason: 'not built',
    expiresAtMs: START_MS * 2,
  };
  await waive(deps(), SYSTEM, context, { ...request, stage: 'route_writes' });
  clock.atMs += 600_000;
  await seed('saga_success', { n: 1000 }, 600);
  await seed('transaction_time', { n: 1000 }, 600);
  await seed('cdc_lag', { n: 500 }, 600);
  await seedCleanPass();
  return verdictOf('route_writes');
}

const word = (verdict: StageVerdict, id: string) => verdict.criteria.find((c) => c.id === id);
const count = async (table: string, where = 'true') =>
  Number((await database.pool.query(`select count(*) as n from ${table} where ${where}`)).rows[0]?.n);

describe('evaluate', () => {
  it('starts a context in its first stage, with what is missing in words', async () => {
    const verdicts = await tick();
    expect(verdicts.map((v) => [v.stage, v.phase, v.verdict])).toEqual([
      ['preparation', 'current', 'no_data'],
      ['build_service', 'not_started', 'no_data'],
      ['sync_data', 'not_started', 'no_data'],
      ['route_reads', 'not_started', 'no_data'],
      ['route_writes', 'not_started', 'no_data'],
      ['decommission', 'not_started', 'no_data'],
    ]);
    expect(verdicts[0]?.reason).toMatch(/^domain_model: no sign-off has been recorded/);
    expect(reports.at(-1)).toMatchObject({ part: 'evaluate', state: 'ok' });
  });

  it('goes from no_data to waived (all else passes) as evidence comes', async () => {
    await moveStage(deps(), LOCAL_OPERATOR, context, 'route_writes');
    expect(word(await verdictOf('route_writes'), 'saga_success')).toMatchObject({
      verdict: 'no_data',
      reason: 'no saga has reached its deadline since 12:00 UTC',
    });
    const verdict = await goodRun();
    expect(verdict.criteria.map((c) => [c.id, c.verdict])).toEqual([
      ['saga_success', 'pass'],
      ['transaction_time', 'pass'],
      ['stock_invariant', 'waived'],
      ['divergences', 'pass'],
      ['cdc_lag', 'pass'],
    ]);
    expect(verdict.verdict).toBe('waived');
    expect(word(verdict, 'saga_success')).toMatchObject({ n: 60_000, failures: 0 });
  });

  it('fails at once after a regression, stays failed, and recovers by a new attempt alone', async () => {
    await goodRun();
    clock.atMs += 20_000;
    await seed('saga_success', { n: 100, bad: 5 }, 20);
    const failed = await verdictOf('route_writes');
    expect([failed.verdict, failed.reason]).toEqual(['fail', expect.stringMatching(/^saga_success: .* met: /)]);

    clock.atMs += 3_600_000;
    await seed('saga_success', { n: 1000 }, 3600);
    expect(word(await verdictOf('route_writes'), 'saga_success')).toMatchObject({
      verdict: 'fail',
      reason: expect.stringMatching(/failed at 12:10 UTC, and only a new attempt ends that$/),
    });

    const attempt = await openAttempt(deps(), LOCAL_OPERATOR, context, 'route_writes', 'fixed the payment time-out');
    expect(attempt).toMatchObject({ number: 2, startedAtMs: clock.atMs });
    expect(word(await verdictOf('route_writes'), 'saga_success')).toMatchObject({ verdict: 'no_data', n: 0 });
    clock.atMs += 60_000;
    await seed('saga_success', { n: 160 }, 60);
    const renewed = word(await verdictOf('route_writes'), 'saga_success');
    expect(renewed).toMatchObject({ verdict: 'inconclusive', n: 960, failure: null });
    expect(renewed?.alpha).toBeCloseTo(0.0076, 4);
  });

  it('opens a new attempt by itself when a criterion is changed', async () => {
    await goodRun();
    const changed = { ...context, criteria: { route_writes: { saga_success: { target: 0.999, minDurationSec: 0 } } } };
    const verdicts = await tick(5000, changed);
    const verdict = verdicts.find((v) => v.stage === 'route_writes');
    expect(verdict?.epoch?.attempt).toBe(2);
    expect(verdict?.criteria.find((c) => c.id === 'saga_success')).toMatchObject({ n: 0, verdict: 'no_data' });
    expect(await count('attempt', `stage = 'route_writes' and ended_at is null`)).toBe(1);
  });

  it('counts a proved divergence, and forgives it after a repair and a clean pass', async () => {
    await goodRun();
    await database.pool.query(
      `insert into divergence (context, "table", key, kind, state, leg, columns, detail, first_seen_at, last_seen_at)
       values ('inventory', 'inventory', '42', 'different', 'DIVERGED', 'apply', '{quantity}', '{}', $1, $1)`,
      [new Date(clock.atMs)],
    );
    expect((await verdictOf('route_writes', 5000)).reason).toBe(
      'divergences: 1 key differs with proof (inventory 1), 0 allowed',
    );
    await database.pool.query('update divergence set resolved_at = $1', [new Date(clock.atMs)]);
    expect(word(await verdictOf('route_writes'), 'divergences')?.verdict).toBe('inconclusive');
    clock.atMs += 10_000;
    await seedCleanPass();
    expect(word(await verdictOf('route_writes'), 'divergences')?.verdict).toBe('pass');
  });

  it('says no_data while what it is judged by is down, and while a partition is stopped by a gap', async () => {
    await goodRun();
    await database.pool.query(
      `insert into part_status (part, worker, state, detail, since_at, checked_at)
       values ('kafka', 'w1', 'ok', 'fine', $1, $1), ('kafka', 'w2', 'down', 'refused', $2, $2)`,
      [new Date(clock.atMs - 3_600_000), new Date(clock.atMs)],
    );
    expect(word(await verdictOf('route_writes'), 'saga_success')).toMatchObject({
      verdict: 'no_data',
      reason: 'kafka is down: refused',
    });
    await database.pool.query(`update part_status set state = 'ok' where worker = 'w2'`);
    expect(word(await verdictOf('route_writes'), 'saga_success')?.verdict).toBe('pass');
    await database.pool.query(
      `insert into ingest_offset (consumer, topic, part, next_offset, epoch, owner, stopped)
       values ('banyan', 'shop.orders', 2, 7, 1, 'w1', 'offsets 7 to 19 are gone')`,
    );
    expect(word(await verdictOf('route_writes'), 'saga_success')).toMatchObject({
      verdict: 'no_data',
      reason: 'partition 2 of topic shop.orders is stopped: offsets 7 to 19 are gone',
    });
  });

  it('is valid for three intervals and stale after', async () => {
    await goodRun();
    const { rows } = await database.pool.query(`select * from verdict_current where stage = 'route_writes'`);
    const row = {
      body: rows[0].body,
      evaluatedAtMs: rows[0].evaluated_at.getTime(),
      validUntilMs: rows[0].valid_until.getTime(),
    };
    expect(row.validUntilMs - row.evaluatedAtMs).toBe(3 * INTERVAL_MS);
    expect(currentVerdict(row, clock.atMs + 3 * INTERVAL_MS).verdict).toBe('waived');
    expect(currentVerdict(row, clock.atMs + 3 * INTERVAL_MS + 1).verdict).toBe('no_data');
  });

  it('stores a row and one message for each change, none while only figures move, and a row an hour', async () => {
    await goodRun();
    const stored = () => count('verdict', `stage = 'route_writes'`);
    const told = () => count('outbox', `payload->>'stage' = 'route_writes'`);
    const before = [await stored(), await told()];
    for (let i = 0; i < 3; i++) await tick(5000);
    expect([await stored(), await told()]).toEqual(before);

    await seed('saga_success', { n: 100, bad: 5 }, 10);
    await tick();
    await tick(5000);
    expect([await stored(), await told()]).toEqual(before.map((n) => n + 1));
    const { rows } = await database.pool.query(
      `select o.payload, v.id from outbox o join verdict v on o.id = 'msg_' || v.id where v.word = 'fail'`,
    );
    expect(rows).toHaveLength(1);
    expect(rows[0].payload).toMatchObject({ gate: 'inventory/route_writes', verdict: 'fail', previous: 'waived' });

    const beforeTheHour = [await stored(), await told()];
    await tick(3_590_000);
    expect([await stored(), await told()]).toEqual(beforeTheHour);
    await tick(10_000);
    expect([await stored(), await told()]).toEqual([(beforeTheHour[0] ?? 0) + 1, beforeTheHour[1]]);
  });

  it('stores one verdict when two workers tick at once', async () => {
    await moveStage(deps(), LOCAL_OPERATOR, context, 'route_writes');
    const other = await openDatabase({
      url: `${database.pool.options.connectionString}`,
      applicationName: 'test-2',
      migrate: false,
    });
    open.push(other);
    for (let round = 1; round <= 5; round++) {
      await Promise.all([evaluate(deps(), migrationOf()), evaluate(deps(other), migrationOf())]);
      expect([await count('verdict'), await count('outbox'), await count('verdict_current')]).toEqual([6, 5, 6]);
      expect(await count('attempt')).toBe(5);
    }
  });

  it('reports a store that breaks and throws nothing', async () => {
    await database.pool.query('alter table kpi_bucket rename to kpi_bucket_gone');
    await moveStage(deps(), LOCAL_OPERATOR, context, 'route_writes');
    expect(await tick()).toEqual([]);
    expect(reports.at(-1)).toMatchObject({ part: 'evaluate', state: 'down' });
    expect(await count('verdict')).toBe(0);
  });
});

describe('moveStage', () => {
  it('makes stages before done and stages after not started, once, and audits it', async () => {
    await moveStage(deps(), LOCAL_OPERATOR, context, 'route_writes');
    await tick();
    clock.atMs += 60_000;
    expect(await moveStage(deps(), LOCAL_OPERATOR, context, 'route_reads')).toMatchObject({ changed: true });
    expect(await moveStage(deps(), LOCAL_OPERATOR, context, 'route_reads')).toMatchObject({ changed: false });
    const { rows } = await database.pool.query('select stage, phase from stage_state order by stage');
    expect(rows.map((r) => [r.stage, r.phase])).toEqual([
      ['build_service', 'done'],
      ['decommission', 'not_started'],
      ['preparation', 'done'],
      ['route_reads', 'current'],
      ['route_writes', 'not_started'],
      ['sync_data', 'done'],
    ]);
    const attempts = await database.pool.query(
      'select stage, number from attempt where ended_at is null order by stage',
    );
    expect(attempts.rows).toEqual([
      { stage: 'build_service', number: 1 },
      { stage: 'preparation', number: 1 },
      { stage: 'route_reads', number: 2 },
      { stage: 'sync_data', number: 1 },
    ]);
    expect(await count('audit_entry', `action = 'stage.move'`)).toBe(2);
  });

  it('begins the epoch at the next ten-second border, with nothing in it', async () => {
    clock.atMs = START_MS + 3210;
    await moveStage(deps(), LOCAL_OPERATOR, context, 'route_writes');
    const { rows } = await database.pool.query('select started_at from attempt');
    expect(rows[0].started_at.getTime()).toBe(START_MS + 10_000);
  });

  it('leaves a chain of audit entries that shows an edit', async () => {
    const stages: StageId[] = ['sync_data', 'route_reads', 'route_writes', 'sync_data', 'route_reads'];
    await Promise.all(stages.map((stage) => moveStage(deps(), LOCAL_OPERATOR, context, stage)));
    const entries = async () =>
      (await database.pool.query('select * from audit_entry order by seq')).rows.map((r) => ({
        seq: Number(r.seq),
        at: r.at.toISOString(),
        principal: r.principal,
        action: r.action,
        subject: r.subject,
        detail: r.detail,
        prevHash: r.prev_hash,
        hash: r.hash,
      }));
    expect((await entries()).length).toBeGreaterThanOrEqual(6);
    expect(firstBrokenSeq(await entries(), sha256Hex)).toBeNull();
    await database.pool.query(`update audit_entry set principal = 'somebody' where seq = 3`);
    expect(firstBrokenSeq(await entries(), sha256Hex)).toBe(3);
  });
});

describe('who may', () => {
  const viewer: Principal = { id: 'vera', kind: 'person', roles: ['viewer'] };
  const request = {
    stage: 'route_writes',
    criterion: 'stock_invariant',
    reason: 'demo',
    expiresAtMs: START_MS + 1,
  } as const;
  it.each<[string, () => Promise<unknown>, string, RegExp]>([
    ['a viewer moves no stage', () => moveStage(deps(), viewer, context, 'sync_data'), 'forbidden', /vera/],
    ['a viewer opens no attempt', () => openAttempt(deps(), viewer, context, 'sync_data', 'x'), 'forbidden', /vera/],
    ['an operator waives nothing', () => waive(deps(), LOCAL_OPERATOR, context, request), 'forbidden', /approver/],
    [
      'no attempt without a reason',
      () => openAttempt(deps(), LOCAL_OPERATOR, context, 'sync_data', ' '),
      'bad_input',
      /reason/,
    ],
    [
      'no attempt before the stage',
      () => openAttempt(deps(), LOCAL_OPERATOR, context, 'sync_data', 'x'),
      'conflict',
      /has not started/,
    ],
    [
      'no waiver of what is not there',
      () => waive(deps(), APPROVER, context, { ...request, criterion: 'x' }),
      'not_found',
      /no criterion x/,
    ],
    [
      'no waiver in the past',
      () => waive(deps(), APPROVER, context, { ...request, expiresAtMs: START_MS }),
      'bad_input',
      /future/,
    ],
    [
      'no waiver without a reason',
      () => waive(deps(), APPROVER, context, { ...request, reason: '' }),
      'bad_input',
      /reason/,
    ],
  ])('%s', async (_, run, code, message) => {
    await expect(run()).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('an approver waives until the waiver expires', async () => {
    await moveStage(deps(), LOCAL_OPERATOR, context, 'route_writes');
    await waive(deps(), APPROVER, context, { ...request, expiresAtMs: START_MS + 10_000 });
    expect(word(await verdictOf('route_writes'), 'stock_invariant')).toMatchObject({
      verdict: 'waived',
      waiver: { by: 'ada' },
    });
    expect(word(await verdictOf('route_writes', 10_000), 'stock_invariant')?.verdict).toBe('no_data');
  });
});
