import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BENCH_CONTEXT, INTERVAL_MS, migrationOf, VerdictBench } from '../../tools/verdictBench.ts';
import { openDatabase } from '../adapters/store/database.ts';
import { currentVerdict } from '../core/verdict/stale.ts';
import type { StageVerdict } from '../core/verdict/verdict.ts';
import { evaluate } from './evaluate.ts';
import { moveStage } from './moveStage.ts';
import { openAttempt } from './openAttempt.ts';
import { LOCAL_OPERATOR } from './requireRole.ts';

let bench: VerdictBench;

beforeEach(async () => {
  bench = await VerdictBench.open();
});
afterEach(() => bench.close());

const criterionOf = (verdict: StageVerdict, id: string) => verdict.criteria.find((c) => c.id === id);

describe('evaluate', () => {
  it('starts a context in its first stage, with what is missing in words', async () => {
    const verdicts = await bench.tick();
    expect(verdicts.map((v) => [v.stage, v.phase, v.verdict])).toEqual([
      ['preparation', 'current', 'no_data'],
      ['build_service', 'not_started', 'no_data'],
      ['sync_data', 'not_started', 'no_data'],
      ['route_reads', 'not_started', 'no_data'],
      ['route_writes', 'not_started', 'no_data'],
      ['decommission', 'not_started', 'no_data'],
    ]);
    expect(verdicts[0]?.reason).toMatch(/^domain_model: no sign-off has been recorded/);
    expect(bench.reports.at(-1)).toMatchObject({ part: 'evaluate', state: 'ok' });
  });

  it('goes from no_data to waived (all else passes) as evidence comes', async () => {
    await moveStage(bench.deps, LOCAL_OPERATOR, BENCH_CONTEXT, 'route_writes');
    expect(criterionOf(await bench.verdictOf('route_writes'), 'saga_success')).toMatchObject({
      verdict: 'no_data',
      reason: 'no saga has reached its deadline since 12:00 UTC',
    });
    const verdict = await bench.goodRun();
    expect(verdict.criteria.map((c) => [c.id, c.verdict])).toEqual([
      ['saga_success', 'pass'],
      ['transaction_time', 'pass'],
      ['stock_invariant', 'waived'],
      ['divergences', 'pass'],
      ['cdc_lag', 'pass'],
    ]);
    expect(verdict.verdict).toBe('waived');
    expect(criterionOf(verdict, 'saga_success')).toMatchObject({ n: 60_000, failures: 0 });
  });

  it('fails at once after a regression, stays failed, and recovers by a new attempt alone', async () => {
    await bench.goodRun();
    bench.clock.atMs += 20_000;
    await bench.seed('saga_success', { n: 100, bad: 5 }, 20);
    const failed = await bench.verdictOf('route_writes');
    expect([failed.verdict, failed.reason]).toEqual(['fail', expect.stringMatching(/^saga_success: .* met: /)]);

    bench.clock.atMs += 3_600_000;
    await bench.seed('saga_success', { n: 1000 }, 3600);
    expect(criterionOf(await bench.verdictOf('route_writes'), 'saga_success')).toMatchObject({
      verdict: 'fail',
      reason: expect.stringMatching(/failed at 12:10 UTC, and only a new attempt ends that$/),
    });

    const attempt = await openAttempt(
      bench.deps,
      LOCAL_OPERATOR,
      BENCH_CONTEXT,
      'route_writes',
      'fixed the payment time-out',
    );
    expect(attempt).toMatchObject({ number: 2, startedAtMs: bench.clock.atMs });
    expect(criterionOf(await bench.verdictOf('route_writes'), 'saga_success')).toMatchObject({
      verdict: 'no_data',
      n: 0,
    });
    bench.clock.atMs += 60_000;
    await bench.seed('saga_success', { n: 160 }, 60);
    const renewed = criterionOf(await bench.verdictOf('route_writes'), 'saga_success');
    expect(renewed).toMatchObject({ verdict: 'inconclusive', n: 960, failure: null });
    expect(renewed?.alpha).toBeCloseTo(0.0076, 4);
  });

  it('opens a new attempt by itself when a criterion is changed', async () => {
    await bench.goodRun();
    const changed = {
      ...BENCH_CONTEXT,
      criteria: { route_writes: { saga_success: { target: 0.999, minDurationSec: 0 } } },
    };
    const verdicts = await bench.tick(5000, changed);
    const verdict = verdicts.find((v) => v.stage === 'route_writes');
    expect(verdict?.epoch?.attempt).toBe(2);
    expect(verdict?.criteria.find((c) => c.id === 'saga_success')).toMatchObject({ n: 0, verdict: 'no_data' });
    expect(await bench.count('attempt', `stage = 'route_writes' and ended_at is null`)).toBe(1);
  });

  it('counts a proved divergence, and forgives it after a repair and a clean pass', async () => {
    await bench.goodRun();
    await bench.database.pool.query(
      `insert into divergence (context, "table", key, kind, state, leg, columns, detail, first_seen_at, last_seen_at)
       values ('inventory', 'inventory', '42', 'different', 'DIVERGED', 'apply', '{quantity}', '{}', $1, $1)`,
      [new Date(bench.clock.atMs)],
    );
    expect((await bench.verdictOf('route_writes', 5000)).reason).toBe(
      'divergences: 1 key differs with proof (inventory 1), 0 allowed',
    );
    await bench.database.pool.query('update divergence set resolved_at = $1', [new Date(bench.clock.atMs)]);
    expect(criterionOf(await bench.verdictOf('route_writes'), 'divergences')?.verdict).toBe('inconclusive');
    bench.clock.atMs += 10_000;
    await bench.seedCleanPass();
    expect(criterionOf(await bench.verdictOf('route_writes'), 'divergences')?.verdict).toBe('pass');
  });

  it('takes no pass for evidence that forgot changes, or was made for another mapping', async () => {
    await bench.goodRun();
    const unclean = "not_clean_because = 'changes during the pass are not held'";
    await bench.database.pool.query(`update verify_run set clean_pass = false, ${unclean}`);
    expect(criterionOf(await bench.verdictOf('route_writes'), 'divergences')).toMatchObject({
      verdict: 'inconclusive',
      reason: expect.stringContaining('was not a clean one: changes during the pass are not held'),
    });
    bench.clock.atMs += 10_000;
    await bench.seedCleanPass();
    expect(criterionOf(await bench.verdictOf('route_writes'), 'divergences')?.verdict).toBe('pass');
    await bench.database.pool.query(
      `insert into verify_run (id, context, "table", mode, state, started_at, mapping_digest)
       values ('newer', 'inventory', 'inventory', 'sweep', 'running', $1, 'another')`,
      [new Date(bench.clock.atMs)],
    );
    expect(criterionOf(await bench.verdictOf('route_writes'), 'divergences')?.verdict).toBe('no_data');
  });

  it('says no_data while what it is judged by is down, and while a partition is stopped by a gap', async () => {
    await bench.goodRun();
    await bench.database.pool.query(
      `insert into part_status (part, worker, state, detail, since_at, checked_at)
       values ('kafka', 'w1', 'ok', 'fine', $1, $1), ('kafka', 'w2', 'down', 'refused', $2, $2)`,
      [new Date(bench.clock.atMs - 3_600_000), new Date(bench.clock.atMs)],
    );
    expect(criterionOf(await bench.verdictOf('route_writes'), 'saga_success')).toMatchObject({
      verdict: 'no_data',
      reason: 'kafka is down: refused',
    });
    await bench.database.pool.query(`update part_status set state = 'ok', checked_at = checked_at - interval '1 min'`);
    expect(criterionOf(await bench.verdictOf('route_writes'), 'saga_success')).toMatchObject({
      verdict: 'no_data',
      reason: expect.stringContaining('kafka has not reported for more than 20 s'),
    });
    await bench.database.pool.query(`update part_status set checked_at = $1 where worker = 'w2'`, [
      new Date(bench.clock.atMs),
    ]);
    expect(criterionOf(await bench.verdictOf('route_writes'), 'saga_success')?.verdict).toBe('pass');
    await bench.database.pool.query(
      `insert into ingest_offset (consumer, topic, part, next_offset, epoch, owner, stopped)
       values ('another', 'shop.orders', 1, 7, 1, 'w1', 'stopped for a consumer that is not ours')`,
    );
    expect(criterionOf(await bench.verdictOf('route_writes'), 'saga_success')?.verdict).toBe('pass');
    await bench.database.pool.query(
      `insert into ingest_offset (consumer, topic, part, next_offset, epoch, owner, stopped)
       values ('banyan', 'shop.orders', 2, 7, 1, 'w1', 'offsets 7 to 19 are gone')`,
    );
    expect(criterionOf(await bench.verdictOf('route_writes'), 'saga_success')).toMatchObject({
      verdict: 'no_data',
      reason: 'partition 2 of topic shop.orders is stopped: offsets 7 to 19 are gone',
    });
  });

  it('is valid for three intervals and stale after', async () => {
    await bench.goodRun();
    const { rows } = await bench.database.pool.query(`select * from verdict_current where stage = 'route_writes'`);
    const row = {
      body: rows[0].body,
      evaluatedAtMs: rows[0].evaluated_at.getTime(),
      validUntilMs: rows[0].valid_until.getTime(),
    };
    expect(row.validUntilMs - row.evaluatedAtMs).toBe(3 * INTERVAL_MS);
    expect(currentVerdict(row, bench.clock.atMs + 3 * INTERVAL_MS).verdict).toBe('waived');
    expect(currentVerdict(row, bench.clock.atMs + 3 * INTERVAL_MS + 1).verdict).toBe('no_data');
  });

  it('stores a row and one message for each change, none while only figures move, and a row an hour', async () => {
    await bench.goodRun();
    const stored = () => bench.count('verdict', `stage = 'route_writes'`);
    const told = () => bench.count('outbox', `payload->>'stage' = 'route_writes'`);
    const before = [await stored(), await told()];
    for (let i = 0; i < 3; i++) await bench.tick(5000);
    expect([await stored(), await told()]).toEqual(before);

    await bench.seed('saga_success', { n: 100, bad: 5 }, 10);
    await bench.tick();
    await bench.tick(5000);
    expect([await stored(), await told()]).toEqual(before.map((n) => n + 1));
    const { rows } = await bench.database.pool.query(
      `select o.payload, v.id from outbox o join verdict v on o.id = 'msg_' || v.id where v.word = 'fail'`,
    );
    expect(rows).toHaveLength(1);
    expect(rows[0].payload).toMatchObject({ gate: 'inventory/route_writes', verdict: 'fail', previous: 'waived' });

    const beforeTheHour = [await stored(), await told()];
    await bench.tick(3_590_000);
    expect([await stored(), await told()]).toEqual(beforeTheHour);
    await bench.tick(10_000);
    expect([await stored(), await told()]).toEqual([(beforeTheHour[0] ?? 0) + 1, beforeTheHour[1]]);
  });

  it('stores one verdict when two workers tick at once', async () => {
    await moveStage(bench.deps, LOCAL_OPERATOR, BENCH_CONTEXT, 'route_writes');
    const other = await openDatabase({
      url: `${bench.database.pool.options.connectionString}`,
      applicationName: 'test-2',
      migrate: false,
    });
    for (let round = 1; round <= 5; round++) {
      await Promise.all([evaluate(bench.deps, migrationOf()), evaluate(bench.depsOn(other), migrationOf())]);
      expect([await bench.count('verdict'), await bench.count('outbox'), await bench.count('verdict_current')]).toEqual(
        [6, 5, 6],
      );
      expect(await bench.count('attempt')).toBe(5);
    }
    await other.close();
  });

  it('reports a store that breaks and throws nothing', async () => {
    await bench.database.pool.query('alter table kpi_bucket rename to kpi_bucket_gone');
    await moveStage(bench.deps, LOCAL_OPERATOR, BENCH_CONTEXT, 'route_writes');
    expect(await bench.tick()).toEqual([]);
    expect(bench.reports.at(-1)).toMatchObject({ part: 'evaluate', state: 'down' });
    expect(await bench.count('verdict')).toBe(0);
  });
});
