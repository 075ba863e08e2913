import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../audit/canonicalJson.ts';
import { criteriaDigest } from './criteriaDigest.ts';
import { contextWord, evaluateStage, type StageInput } from './evaluateStage.ts';
import type { CounterRow, CriterionEvidence } from './evidence.ts';
import { gateBody, gateOutcome } from './gate.ts';
import { gatherCounted } from './gatherCounted.ts';
import { stagePlanOf } from './plan.ts';
import { currentVerdict } from './stale.ts';
import { CONTEXT, compared, counted, NOW_MS, STARTED_MS, steady } from './testCases.ts';
import {
  STAGE_IDS,
  type StageVerdict,
  VERDICT_WORDS,
  type VerdictEpoch,
  type VerdictWord,
  worstOf,
} from './verdict.ts';
import { verdictChange } from './verdictChange.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const ids = ['cdc_lag', 'saga_success', 'transaction_time', 'stock_invariant', 'divergences'];
const context = {
  ...CONTEXT,
  criteria: { route_writes: Object.fromEntries(ids.map((id) => [id, { minDurationSec: 0 }])) },
};
const plan = stagePlanOf(context, 'route_writes');
const epoch: VerdictEpoch = {
  id: 'e1',
  build: null,
  criteriaDigest: 'sha256:0',
  attempt: 1,
  startedAt: new Date(STARTED_MS).toISOString(),
};
const waiver = { by: 'ada', reason: 'demo', expiresAt: '2026-12-01T00:00:00.000Z' };
const good = new Map<string, CriterionEvidence>([
  ['saga_success', counted(steady(1500))],
  ['transaction_time', counted(steady(1500))],
  ['cdc_lag', counted(steady(1500))],
  ['divergences', compared()],
  ['stock_invariant', { kind: 'invariants', invariants: [], source: { state: 'reachable' } }],
]);

function stage(rest: Partial<StageInput> = {}): StageVerdict {
  return evaluateStage({
    context: 'inventory',
    plan,
    phase: 'current',
    epoch,
    evidence: good,
    waivers: new Map([['stock_invariant', waiver]]),
    previous: null,
    nowMs: NOW_MS,
    validForMs: 15_000,
    ...rest,
  });
}

describe('evaluateStage', () => {
  it('is the worst of its criteria, with the sentence of the first of the worst', () => {
    expect(stage().verdict).toBe('waived');
    const verdict = stage({ evidence: new Map([...good, ['cdc_lag', counted([[600, 90]])]]) });
    expect(verdict.verdict).toBe('fail');
    expect(verdict.reason).toMatch(/^cdc_lag: p99 below 1 s is not met: 90 of 600/);
  });

  it('takes an expired waiver for none', () => {
    const expired = { ...waiver, expiresAt: new Date(NOW_MS).toISOString() };
    const verdict = stage({ waivers: new Map([['stock_invariant', expired]]) });
    expect(verdict.verdict).toBe('no_data');
    expect(verdict.reason).toBe(
      'stock_invariant: no invariant is configured for this context: say what must hold across its databases (invariants)',
    );
  });

  it('evaluates nothing before it has started', () => {
    const verdict = stage({ phase: 'not_started' });
    expect([verdict.verdict, verdict.reason, verdict.epoch]).toEqual(['no_data', 'this stage has not started', null]);
    expect(verdict.criteria.every((c) => c.n === 0 && c.verdict === 'no_data')).toBe(true);
    expect(contextWord([verdict, { phase: 'done', verdict: 'pass' }])).toBe('pass');
  });

  it('keeps a failure of the epoch, and a new epoch has none of it', () => {
    const failed = stage({ evidence: new Map([...good, ['cdc_lag', counted([[600, 90]])]]) });
    expect(stage({ previous: failed }).verdict).toBe('fail');
    expect(stage({ previous: stage({ previous: failed }) }).verdict).toBe('fail');
    expect(stage({ previous: failed, epoch: { ...epoch, id: 'e2', attempt: 2 } }).verdict).not.toBe('fail');
  });

  it('gives the same bytes for the same input', () => {
    expect(JSON.stringify(stage())).toBe(JSON.stringify(stage()));
  });
});

describe('gatherCounted', () => {
  const row = fc.record({
    minuteMs: fc.integer({ min: 0, max: 40 }).map((i) => STARTED_MS + i * 60_000),
    n: fc.integer({ min: 0, max: 1000 }),
    bad: fc.constant(0),
    unknown: fc.integer({ min: 0, max: 3 }),
    lastBucketMs: fc.integer({ min: 0, max: 40 }).map((i) => STARTED_MS + i * 60_000),
  });
  const rest = { pending: 0, observed: null, wanting: null, source: { state: 'reachable' } } as const;

  it('gives identical bytes for shards in any order and in one sum', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 60 }), fc.nat(), (rows, by) => {
        const turned = [...rows.slice(by % (rows.length + 1)), ...rows.slice(0, by % (rows.length + 1))].reverse();
        const split: CounterRow[] = turned.flatMap((r) => [
          { ...r, n: Math.floor(r.n / 2), unknown: 0 },
          { ...r, n: Math.ceil(r.n / 2) },
        ]);
        const whole = rows.filter((r) => r.n > 0 || r.unknown > 0);
        const text = (list: readonly CounterRow[]) =>
          JSON.stringify(
            gatherCounted(
              list.filter((r) => r.n > 0 || r.unknown > 0),
              rest,
              NOW_MS,
            ),
          );
        expect(text(split)).toBe(text(whole));
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  it('takes observations from the future for unknown', () => {
    const at = NOW_MS + 3_600_000;
    const evidence = gatherCounted([{ minuteMs: at, n: 9, bad: 1, unknown: 0, lastBucketMs: at }], rest, NOW_MS);
    expect([evidence.n, evidence.unknown, evidence.lastEvidenceMs]).toEqual([0, 9, null]);
  });
});

describe('currentVerdict', () => {
  const row = { body: stage(), evaluatedAtMs: NOW_MS, validUntilMs: NOW_MS + 15_000 };

  it('is the stored verdict until its time', () => expect(currentVerdict(row, NOW_MS + 15_000)).toBe(row.body));

  it('is no_data past it, with the figures that were last known', () => {
    const stale = currentVerdict(row, NOW_MS + 90_000);
    expect([stale.verdict, stale.stale]).toEqual(['no_data', true]);
    expect(stale.reason).toBe('stale: no evaluation since 09:44 UTC, 2 min ago; is the worker running?');
    expect(stale.criteria.every((criterion) => criterion.verdict === 'no_data')).toBe(true);
    expect(stale.criteria[0]?.n).toBe(row.body.criteria[0]?.n);
  });

  it('turns every word into no_data, pass among them', () => {
    for (const verdict of VERDICT_WORDS) {
      expect(currentVerdict({ ...row, body: { ...row.body, verdict } }, NOW_MS + 15_001).verdict).toBe('no_data');
    }
  });
});

describe('verdictChange', () => {
  const stored = { body: stage(), evaluatedAtMs: NOW_MS };
  const later = (ms: number, rest: Partial<StageInput> = {}) => stage({ nowMs: NOW_MS + ms, ...rest });
  it.each<[string, StageVerdict, boolean, boolean]>([
    ['only figures moved', later(5000), false, false],
    ['an hour went by', { ...later(0), evaluatedAt: new Date(NOW_MS + 3_600_000).toISOString() }, true, false],
    ['another word', later(5000, { evidence: new Map() }), true, true],
    ['another epoch', later(5000, { epoch: { ...epoch, id: 'e2' } }), true, true],
    [
      'another blocker',
      { ...stored.body, criteria: stored.body.criteria.map((c) => ({ ...c, id: `${c.id}2` })) },
      true,
      true,
    ],
  ])('%s', (_, next, store, announce) => expect(verdictChange(stored, next)).toEqual({ store, announce }));

  it('announces a first verdict, and no stage that has not started', () => {
    expect(verdictChange(null, stage())).toEqual({ store: true, announce: true });
    expect(verdictChange(null, stage({ phase: 'not_started' }))).toEqual({ store: true, announce: false });
  });
});

describe('the gate', () => {
  it.each<[VerdictWord, number, string, number, number, string, string, string | null, string | null, number]>([
    ['pass', 0, 'Successful', 200, 403, 'success', 'passed', 'resolved', 'PASSED', 200],
    ['waived', 0, 'Successful', 200, 403, 'success', 'passed', 'info', 'WARNED', 200],
    ['inconclusive', 2, 'Inconclusive', 403, 403, 'action_required', 'pending_then_failed', null, null, 200],
    ['no_data', 2, 'Inconclusive', 403, 403, 'action_required', 'failed', 'ticket', null, 200],
    ['fail', 1, 'Failed', 403, 200, 'failure', 'failed', 'page', 'FAILED', 200],
    ['error', 3, 'Error', 503, 403, 'failure', 'failed', 'ticket', null, 503],
  ])('%s', (word, cliExit, argo, flagger, flaggerRollback, github, gitlab, alert, inToto, httpStatus) => {
    const row = { cliExit, argo, flagger, flaggerRollback, github, gitlab, alert, inToto, httpStatus };
    expect(gateOutcome(word)).toEqual(row);
  });

  it('lets go on pass and waived only', () => {
    const open = VERDICT_WORDS.filter((word) => gateOutcome(word).cliExit === 0);
    expect(open).toEqual(['waived', 'pass']);
    expect(VERDICT_WORDS.filter((word) => gateOutcome(word).flagger === 200)).toEqual(open);
    expect(VERDICT_WORDS.filter((word) => gateOutcome(word).argo === 'Successful')).toEqual(open);
  });

  it('gives the body of the protocol, shares on the side of the target', () => {
    const body = gateBody(stage(), { dryRun: true, dashboardUrl: '/contexts/inventory/route_writes' });
    expect(body).toMatchObject({ schemaVersion: '1', gate: 'inventory/route_writes', stage: 5, enforced: false });
    const saga = body.criteria.find((c) => c.id === 'saga_success');
    expect(saga).toMatchObject({ op: 'gt', target: 0.9999, n: 46_500, failures: 0, estimate: 1, remaining: null });
    expect(saga?.bound).toBeGreaterThan(0.9999);
  });
});

describe('the plan', () => {
  it('has the six stages and their criteria in order', () => {
    const table = STAGE_IDS.map((id) => stagePlanOf(CONTEXT, id).criteria.map((c) => c.id));
    expect(table).toEqual([
      ['domain_model', 'event_schemas'],
      ['coverage', 'tests', 'quality', 'deployable'],
      ['cdc_lag', 'consistency', 'divergences'],
      ['latency', 'error_rate', 'errors_vs_legacy', 'latency_vs_legacy', 'divergences'],
      ['saga_success', 'transaction_time', 'stock_invariant', 'divergences', 'cdc_lag'],
      ['legacy_quiet', 'code_size', 'resources', 'errors_vs_before'],
    ]);
  });

  it('takes an override, and another target is another digest', () => {
    const relaxed = { ...CONTEXT, criteria: { route_reads: { latency: { target: 80, quantile: 0.95 } } } };
    const [latency] = stagePlanOf(relaxed, 'route_reads').criteria;
    expect(latency).toMatchObject({ target: 80, quantile: 0.95, badShareLimit: 0.05, limitUs: 80_000n });
    const digest = (of: typeof CONTEXT) => criteriaDigest(stagePlanOf(of, 'route_reads').criteria, sha256);
    expect(digest(relaxed)).not.toBe(digest(CONTEXT));
    expect(digest(CONTEXT)).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it('hands an override on to later stages that judge the same, unless they have their own', () => {
    const criteria = {
      sync_data: { cdc_lag: { target: 2000, minDurationSec: 60 } },
      route_writes: { cdc_lag: { target: undefined, minDurationSec: 0 } },
    };
    const lag = stagePlanOf({ ...CONTEXT, criteria }, 'route_writes').criteria.find((c) => c.id === 'cdc_lag');
    expect(lag).toMatchObject({ target: 2000, limitUs: 2_000_000n, minDurationSec: 0 });
  });

  it('allows 1 in 10,000 sagas to be bad, exactly', () => {
    expect(plan.criteria[0]?.badShareLimit).toBe(0.0001);
  });
});

it('worstOf orders the words and takes none for no_data', () => {
  expect(worstOf([])).toBe('no_data');
  expect(worstOf(['pass', 'waived', 'inconclusive'])).toBe('inconclusive');
  expect(worstOf(['no_data', 'error'])).toBe('error');
});

it('a stage verdict has canonical JSON whatever its evidence (no NaN, no Infinity)', () => {
  const perMinute = fc.tuple(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 0, max: 100 }));
  fc.assert(
    fc.property(fc.array(perMinute, { maxLength: 31 }), (list) => {
      const evidence = counted(list.map(([n, bad]): [number, number] => [n, Math.min(n, bad)]));
      const verdict = stage({ evidence: new Map([...good, ['saga_success', evidence]]) });
      expect(() => canonicalJson(JSON.parse(JSON.stringify(verdict)))).not.toThrow();
      const lost = verdict.criteria.filter((c) => JSON.stringify(c.eValue) === 'null' && c.eValue !== null);
      expect(lost).toEqual([]);
    }),
    { seed: 6, numRuns: 100 },
  );
});
