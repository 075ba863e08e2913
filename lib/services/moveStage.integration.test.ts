import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BENCH_CONTEXT, START_MS, VerdictBench } from '../../tools/verdictBench.ts';
import { firstBrokenSeq } from '../core/audit/auditChain.ts';
import type { StageId, StageVerdict } from '../core/verdict/verdict.ts';
import type { Principal } from '../ports/principal.ts';
import { moveStage } from './moveStage.ts';
import { openAttempt } from './openAttempt.ts';
import { LOCAL_OPERATOR } from './requireRole.ts';
import { sha256Hex } from './sha256Hex.ts';
import { waive } from './waive.ts';

const APPROVER: Principal = { id: 'ada', kind: 'person', roles: ['approver'] };
let bench: VerdictBench;

beforeEach(async () => {
  bench = await VerdictBench.open();
});
afterEach(() => bench.close());

const criterionOf = (verdict: StageVerdict, id: string) => verdict.criteria.find((c) => c.id === id);

it('opens an attempt for the first stage of a context that was never moved, and for no other', async () => {
  const renew = (stage: StageId) => openAttempt(bench.deps, LOCAL_OPERATOR, BENCH_CONTEXT, stage, 'begun again');
  expect(await renew('preparation')).toMatchObject({ number: 1 });
  await expect(renew('build_service')).rejects.toMatchObject({ code: 'conflict' });
});

describe('moveStage', () => {
  it('makes stages before done and stages after not started, once, and audits it', async () => {
    await moveStage(bench.deps, LOCAL_OPERATOR, BENCH_CONTEXT, 'route_writes');
    await bench.tick();
    bench.clock.atMs += 60_000;
    expect(await moveStage(bench.deps, LOCAL_OPERATOR, BENCH_CONTEXT, 'route_reads')).toMatchObject({ changed: true });
    expect(await moveStage(bench.deps, LOCAL_OPERATOR, BENCH_CONTEXT, 'route_reads')).toMatchObject({ changed: false });
    const { rows } = await bench.database.pool.query('select stage, phase from stage_state order by stage');
    expect(rows.map((r) => [r.stage, r.phase])).toEqual([
      ['build_service', 'done'],
      ['decommission', 'not_started'],
      ['preparation', 'done'],
      ['route_reads', 'current'],
      ['route_writes', 'not_started'],
      ['sync_data', 'done'],
    ]);
    const attempts = await bench.database.pool.query(
      'select stage, number from attempt where ended_at is null order by stage',
    );
    expect(attempts.rows).toEqual([
      { stage: 'build_service', number: 1 },
      { stage: 'preparation', number: 1 },
      { stage: 'route_reads', number: 2 },
      { stage: 'sync_data', number: 1 },
    ]);
    expect(await bench.count('audit_entry', `action = 'stage.move'`)).toBe(2);
  });

  it('begins the epoch at the next ten-second border, with nothing in it', async () => {
    bench.clock.atMs = START_MS + 3210;
    await moveStage(bench.deps, LOCAL_OPERATOR, BENCH_CONTEXT, 'route_writes');
    const { rows } = await bench.database.pool.query('select started_at from attempt');
    expect(rows[0].started_at.getTime()).toBe(START_MS + 10_000);
  });

  it('leaves a chain of audit entries that shows an edit', async () => {
    const stages: StageId[] = ['sync_data', 'route_reads', 'route_writes', 'sync_data', 'route_reads'];
    await Promise.all(stages.map((stage) => moveStage(bench.deps, LOCAL_OPERATOR, BENCH_CONTEXT, stage)));
    const entries = async () =>
      (await bench.database.pool.query('select * from audit_entry order by seq')).rows.map((r) => ({
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
    await bench.database.pool.query(`update audit_entry set principal = 'somebody' where seq = 3`);
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
    ['a viewer moves no stage', () => moveStage(bench.deps, viewer, BENCH_CONTEXT, 'sync_data'), 'forbidden', /vera/],
    [
      'a viewer opens no attempt',
      () => openAttempt(bench.deps, viewer, BENCH_CONTEXT, 'sync_data', 'x'),
      'forbidden',
      /vera/,
    ],
    [
      'an operator waives nothing',
      () => waive(bench.deps, LOCAL_OPERATOR, BENCH_CONTEXT, request),
      'forbidden',
      /approver/,
    ],
    [
      'no attempt without a reason',
      () => openAttempt(bench.deps, LOCAL_OPERATOR, BENCH_CONTEXT, 'sync_data', ' '),
      'bad_input',
      /reason/,
    ],
    [
      'no attempt before the stage',
      () => openAttempt(bench.deps, LOCAL_OPERATOR, BENCH_CONTEXT, 'sync_data', 'x'),
      'conflict',
      /has not started/,
    ],
    [
      'no waiver of what is not there',
      () => waive(bench.deps, APPROVER, BENCH_CONTEXT, { ...request, criterion: 'x' }),
      'not_found',
      /no criterion x/,
    ],
    [
      'no waiver in the past',
      () => waive(bench.deps, APPROVER, BENCH_CONTEXT, { ...request, expiresAtMs: START_MS }),
      'bad_input',
      /future/,
    ],
    [
      'no waiver without a reason',
      () => waive(bench.deps, APPROVER, BENCH_CONTEXT, { ...request, reason: '' }),
      'bad_input',
      /reason/,
    ],
  ])('%s', async (_, run, code, message) => {
    await expect(run()).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('an approver waives until the waiver expires', async () => {
    await moveStage(bench.deps, LOCAL_OPERATOR, BENCH_CONTEXT, 'route_writes');
    await waive(bench.deps, APPROVER, BENCH_CONTEXT, { ...request, expiresAtMs: START_MS + 10_000 });
    expect(criterionOf(await bench.verdictOf('route_writes'), 'stock_invariant')).toMatchObject({
      verdict: 'waived',
      waiver: { by: 'ada' },
    });
    expect(criterionOf(await bench.verdictOf('route_writes', 10_000), 'stock_invariant')?.verdict).toBe('no_data');
  });
});
