// Fills a store with invented facts and verdicts of a stage of a migration: a fixture for tests of what pages show,
// and by hand: node tools/seedStore.ts <DATABASE_URL> [failing|passing|stale|words|partless]
import { pathToFileURL } from 'node:url';
import type pg from 'pg';
import { openDatabase } from '../lib/adapters/store/database.ts';
import { STAGE_TITLES } from '../lib/core/verdict/plan.ts';
import type { CriterionVerdict, StageId, StageVerdict, VerdictWord } from '../lib/core/verdict/verdict.ts';
import { STAGE_IDS, worstOf } from '../lib/core/verdict/verdict.ts';
import { seedFacts } from './seedFacts.ts';

export const SCENARIOS = ['failing', 'passing', 'stale', 'words', 'partless'] as const;
export type Scenario = (typeof SCENARIOS)[number];

/** Writes one scenario, as of `nowMs`, into a migrated store. */
export async function seedStore(pool: pg.Pool, scenario: Scenario, nowMs: number): Promise<void> {
  const iso = (ms: number) => new Date(ms).toISOString();
  const startedAtMs = Math.floor((nowMs - 50 * 60_000) / 10_000) * 10_000;
  const evaluatedAtMs = scenario === 'stale' ? nowMs - 120_000 : nowMs - 1000;
  const failing = scenario === 'failing' || scenario === 'words' || scenario === 'stale';
  await seedFacts(pool, { failing, untilMs: evaluatedAtMs, nowMs, silent: scenario === 'partless' });

  for (const [index, stage] of STAGE_IDS.entries()) {
    const phase = index < 4 ? 'done' : index === 4 ? 'current' : 'not_started';
    const criteria = phase === 'not_started' ? [] : criteriaOf(stage, scenario, iso(startedAtMs), iso(evaluatedAtMs));
    const word = phase === 'not_started' ? 'no_data' : worstOf(criteria.map((criterion) => criterion.verdict));
    const body: StageVerdict = {
      schemaVersion: '1',
      context: 'inventory',
      stage,
      stageNumber: index + 1,
      stageTitle: STAGE_TITLES[stage],
      phase,
      verdict: word,
      reason: criteria.find((criterion) => criterion.verdict === word)?.reason ?? 'not started',
      evaluatedAt: iso(evaluatedAtMs),
      validUntil: iso(evaluatedAtMs + (scenario === 'stale' ? 15_000 : 86_400_000)),
      epoch:
        phase === 'not_started'
          ? null
          : {
              id: `e-${stage}`,
              build: 'sha256:41c9',
              criteriaDigest: 'sha256:9d1f',
              attempt: 2,
              startedAt: iso(startedAtMs),
            },
      criteria,
    };
    await pool.query('insert into stage_state values ($1, $2, $3, $4, $5)', [
      'inventory',
      stage,
      phase,
      iso(startedAtMs),
      'local-operator',
    ]);
    if (phase === 'not_started') continue;
    await seedVerdicts(pool, body, startedAtMs, evaluatedAtMs);
  }
}

async function seedVerdicts(pool: pg.Pool, body: StageVerdict, startedAtMs: number, evaluatedAtMs: number) {
  const words: VerdictWord[] = ['inconclusive', 'pass', body.verdict];
  for (const [i, word] of words.entries()) {
    const at = new Date(i === 2 ? evaluatedAtMs : startedAtMs + i * 600_000).toISOString();
    const reason = i === 2 ? body.reason : `${word} as of then`;
    await pool.query('insert into verdict values ($1, $2, $3, $4, $5, $6, $7)', [
      `v-${body.stage}-${i}`,
      body.context,
      body.stage,
      word,
      { ...body, verdict: word, reason },
      'sha256:0',
      at,
    ]);
  }
  await pool.query('insert into verdict_current values ($1, $2, $3, $4, $5, $6)', [
    body.context,
    body.stage,
    `v-${body.stage}-2`,
    body,
    body.evaluatedAt,
    body.validUntil,
  ]);
  const attempts: [number, number, number | null, string][] = [
    [1, startedAtMs - 3_600_000, startedAtMs, 'stage began'],
    [2, startedAtMs, null, 'fault repaired: slow reads'],
  ];
  for (const [number, from, to, reason] of attempts) {
    await pool.query('insert into attempt values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)', [
      `a-${body.stage}-${number}`,
      body.context,
      body.stage,
      number,
      new Date(from).toISOString(),
      to === null ? null : new Date(to).toISOString(),
      reason,
      'local-operator',
      'sha256:9d1f',
      'sha256:41c9',
    ]);
  }
}

interface Given {
  readonly id: string;
  readonly title: string;
  readonly indicator: CriterionVerdict['indicator'];
  readonly limitText: string;
  readonly target: number;
  readonly unit: CriterionVerdict['unit'];
  readonly op?: CriterionVerdict['op'];
  readonly observed: number | null;
  readonly verdict: VerdictWord;
  readonly reason: string;
  readonly n?: number;
  readonly failures?: number;
  readonly remaining?: CriterionVerdict['remaining'];
}

function criteriaOf(stage: StageId, scenario: Scenario, since: string, now: string): CriterionVerdict[] {
  const bad = scenario === 'failing' || scenario === 'words' || scenario === 'stale';
  const attested = (id: string, title: string): Given => ({
    id,
    title,
    indicator: 'signoff',
    limitText: 'signed by 2 roles',
    target: 2,
    unit: 'count',
    op: 'gt',
    observed: null,
    verdict: 'waived',
    reason: `${id}: waived by banyan: the demo begins after this stage`,
  });
  const divergences: Given = {
    id: 'divergences',
    title: 'Open divergences',
    indicator: 'consistency',
    limitText: '0 open, coverage 100 %',
    target: 0,
    unit: 'count',
    op: 'eq',
    observed: bad ? 4 : 0,
    n: 2000,
    failures: bad ? 4 : 0,
    verdict: bad ? 'fail' : 'pass',
    reason: bad
      ? 'divergences: 4 rows are proved to differ, first seen 12:14:02 UTC (0 allowed)'
      : 'divergences: none in 2,000 rows compared',
  };
  const lag: Given = {
    id: 'cdc_lag',
    title: 'CDC lag',
    indicator: 'cdc_lag',
    limitText: 'p99 below 1 s',
    target: 1000,
    unit: 'ms',
    observed: 410,
    n: 88_214,
    failures: 12,
    verdict: 'pass',
    reason: 'cdc_lag: p99 below 1 s is met: 12 of 88,214 change events took 1 s or longer',
  };
  const latency: Given = {
    id: 'latency',
    title: 'Read latency',
    indicator: 'latency',
    limitText: 'p99 below 50 ms',
    target: 50,
    unit: 'ms',
    observed: 17.2,
    n: 214_880,
    failures: 8,
    verdict: 'pass',
    reason: 'latency: p99 below 50 ms is met: 8 of 214,880 reads took 50 ms or longer',
  };
  const errors: Given = {
    id: 'error_rate',
    title: 'Error rate',
    indicator: 'error_rate',
    limitText: 'below 0.01 %',
    target: 0.0001,
    unit: 'ratio',
    observed: 0.00006,
    n: 33_333,
    failures: 2,
    verdict: 'inconclusive',
    reason: 'error_rate: 24,310 more requests without a failure are needed, about 14 min at 29 a second',
    remaining: { events: 24_310, etaSeconds: 840 },
  };
  const saga: Given = {
    id: 'saga_success',
    title: 'Saga success',
    indicator: 'saga_success',
    limitText: 'above 99.99 %',
    target: 0.9999,
    unit: 'ratio',
    op: 'gt',
    observed: bad ? 0.98694 : 1,
    n: 4212,
    failures: bad ? 55 : 0,
    verdict: bad ? 'fail' : 'inconclusive',
    remaining: bad ? null : { events: 39_317, etaSeconds: 820 },
    reason: bad
      ? 'saga_success: 98.69 % is not above 99.99 %: 55 of 4,212 sagas did not end well since 12:14 UTC'
      : 'saga_success: 39,317 more sagas without a failure are needed, about 14 min at 48 a second',
  };
  const time: Given = {
    id: 'transaction_time',
    title: 'Transaction time',
    indicator: 'transaction_time',
    limitText: 'p99 below 2 s',
    target: 2000,
    unit: 'ms',
    observed: 240,
    n: 4212,
    failures: 0,
    verdict: 'pass',
    reason: 'transaction_time: p99 below 2 s is met: 0 of 4,212 sagas took 2 s or longer',
  };
  const stock: Given = {
    id: 'stock_invariant',
    title: 'Stock invariant',
    indicator: 'invariant',
    limitText: '0 violations',
    target: 0,
    unit: 'count',
    op: 'eq',
    observed: null,
    verdict: scenario === 'words' ? 'error' : 'no_data',
    reason:
      'stock_invariant: no invariant is configured for this context: say what must hold across its databases (invariants)',
  };
  const given: Record<StageId, Given[]> = {
    preparation: [attested('domain_model', 'Domain model'), attested('event_schemas', 'Event schemas')],
    build_service: [attested('coverage', 'Coverage'), attested('tests', 'Tests'), attested('quality', 'Quality')],
    sync_data:
      scenario === 'words'
        ? [{ ...lag, verdict: 'error', reason: 'cdc_lag: sampled traces' }]
        : [
            lag,
            {
              ...divergences,
              verdict: 'pass',
              observed: 0,
              failures: 0,
              reason: 'divergences: none in 2,000 rows compared',
            },
          ],
    route_reads: [latency, errors],
    route_writes:
      scenario === 'passing'
        ? [saga, time, lag].map((one) => ({
            ...one,
            verdict: 'pass' as const,
            remaining: null,
            reason: `${one.id}: ${one.limitText} is met`,
          }))
        : [saga, time, stock, divergences, lag],
    decommission: [],
  };
  return given[stage].map((one) => ({
    kind: one.unit === 'ms' ? 'quantile' : 'proportion',
    op: 'lt',
    quantile: one.unit === 'ms' ? 0.99 : null,
    n: 0,
    failures: 0,
    pending: 3,
    unknown: 0,
    estimate: one.n === undefined ? null : 1 - (one.failures ?? 0) / one.n,
    bound: one.n === undefined ? null : ((one.failures ?? 0) + 3.79) / one.n,
    eValue: one.n === undefined ? null : 10.09,
    eThreshold: 32.9,
    alpha: 0.0304,
    remaining: null,
    since,
    lastEvidenceAt: one.n === undefined ? null : now,
    waiver: null,
    ...one,
  }));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [url = process.env.DATABASE_URL ?? '', wanted = 'failing'] = process.argv.slice(2);
  const scenario = SCENARIOS.find((known) => known === wanted);
  if (scenario === undefined) throw new Error(`no scenario ${wanted}: ${SCENARIOS.join(', ')}`);
  const database = await openDatabase({ url, applicationName: 'seed', migrate: true });
  await seedStore(database.pool, scenario, Date.now());
  await database.close();
}
