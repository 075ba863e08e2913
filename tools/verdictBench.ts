// A store with hand-made evidence and a clock that stands still: the bench of the tests that judge by it.
import { randomUUID } from 'node:crypto';
import { type Database, openDatabase } from '../lib/adapters/store/database.ts';
import { evidenceStore } from '../lib/adapters/store/evidenceStore.ts';
import { verdictStore } from '../lib/adapters/store/verdictStore.ts';
import type { ContextDefinition, Migration } from '../lib/core/migration/definition.ts';
import { stagePlanOf } from '../lib/core/verdict/plan.ts';
import { CONTEXT } from '../lib/core/verdict/testCases.ts';
import type { StageId, StageVerdict } from '../lib/core/verdict/verdict.ts';
import type { PartReport } from '../lib/ports/statusBoard.ts';
import { evaluate } from '../lib/services/evaluate.ts';
import type { EvaluateDeps } from '../lib/services/evaluateContext.ts';
import { moveStage } from '../lib/services/moveStage.ts';
import { LOCAL_OPERATOR, SYSTEM } from '../lib/services/requireRole.ts';
import { waive } from '../lib/services/waive.ts';
import { createTestDatabase } from './testDatabase.ts';

export const START_MS = Date.UTC(2026, 10, 21, 12, 0, 0);
export const INTERVAL_MS = 5000;

/** The built-in plan without minimum durations. */
export const BENCH_CONTEXT: ContextDefinition = {
  ...CONTEXT,
  criteria: Object.fromEntries(
    (['sync_data', 'route_writes'] as const).map((stage) => [
      stage,
      Object.fromEntries(stagePlanOf(CONTEXT, stage).criteria.map((c) => [c.id, { minDurationSec: 0 }])),
    ]),
  ),
};

const SERIES: Readonly<Record<string, readonly [series: string, cohort: string, limitUs: number]>> = {
  saga_success: ['place-order', 'all', 0],
  transaction_time: ['place-order', 'all', 2_000_000],
  cdc_lag: ['inventory', 'apply', 1_000_000],
};

export class VerdictBench {
  readonly database: Database;
  readonly clock = { atMs: START_MS, nowMs: (): number => this.clock.atMs };
  readonly reports: PartReport[] = [];
  readonly deps: EvaluateDeps;

  private constructor(database: Database) {
    this.database = database;
    this.deps = this.depsOn(database);
  }

  static async open(): Promise<VerdictBench> {
    const url = await createTestDatabase('verdict');
    return new VerdictBench(await openDatabase({ url, applicationName: 'test', migrate: true }));
  }

  /** What a worker needs, on its own connections. */
  depsOn(database: Database): EvaluateDeps {
    return {
      store: verdictStore(database.pool),
      evidence: evidenceStore(database.pool, 'banyan'),
      clock: this.clock,
      ids: { next: () => randomUUID() },
      logger: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
      status: { report: (part) => this.reports.push(part) },
      intervalMs: INTERVAL_MS,
    };
  }

  close(): Promise<void> {
    return this.database.close();
  }

  async tick(afterMs = 0, context = BENCH_CONTEXT): Promise<readonly StageVerdict[]> {
    this.clock.atMs += afterMs;
    return evaluate(this.deps, migrationOf(context));
  }

  async verdictOf(stage: StageId, afterMs = 0): Promise<StageVerdict> {
    const verdict = (await this.tick(afterMs)).find((v) => v.stage === stage);
    if (verdict === undefined) throw new Error(`no verdict of ${stage}`);
    return verdict;
  }

  /** The same observations in every ten-second bucket of the last seconds up to now. */
  async seed(indicator: keyof typeof SERIES, perBucket: { n: number; bad?: number }, lastSec: number): Promise<void> {
    const [series, cohort, limitUs] = SERIES[indicator] ?? ['', '', 0];
    await this.database.pool.query(
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
        new Date(this.clock.atMs - lastSec * 1000),
        new Date(this.clock.atMs - 10_000),
      ],
    );
  }

  async seedCleanPass(): Promise<void> {
    await this.database.pool.query(
      `insert into verify_run (id, context, "table", mode, state, started_at, finished_at, rows_compared, ranges_total,
         ranges_done, clean, mapping_digest, clean_pass)
       values ($1, 'inventory', 'inventory', 'sweep', 'complete', $2, $3, 1000, 4, 4, 1000, 'd', true)`,
      [randomUUID(), new Date(this.clock.atMs - 4000), new Date(this.clock.atMs - 2000)],
    );
  }

  /** route_writes with ten minutes of good evidence; what is not built is waived. */
  async goodRun(): Promise<StageVerdict> {
    await moveStage(this.deps, LOCAL_OPERATOR, BENCH_CONTEXT, 'route_writes');
    await waive(this.deps, SYSTEM, BENCH_CONTEXT, {
      stage: 'route_writes',
      criterion: 'stock_invariant',
      reason: 'not built',
      expiresAtMs: START_MS * 2,
    });
    this.clock.atMs += 600_000;
    await this.seed('saga_success', { n: 1000 }, 600);
    await this.seed('transaction_time', { n: 1000 }, 600);
    await this.seed('cdc_lag', { n: 500 }, 600);
    await this.seedCleanPass();
    return this.verdictOf('route_writes');
  }

  async count(table: string, where = 'true'): Promise<number> {
    const { rows } = await this.database.pool.query(`select count(*) as n from ${table} where ${where}`);
    return Number(rows[0]?.n);
  }
}

/** A migration of one context. */
export function migrationOf(context: ContextDefinition = BENCH_CONTEXT): Migration {
  return { id: 'shop', name: 'Shop', contexts: [context] };
}
