import type pg from 'pg';
import { z } from 'zod';
import { VERDICT_WORDS } from '../../core/verdict/verdict.ts';
import { BanyanError, messageOf } from '../../errors.ts';
import type {
  CommandRow,
  CurrentVerdictRow,
  DivergenceCount,
  MigrationView,
  PartRow,
  ReadStore,
  SourceAges,
  VerifyRunRow,
} from '../../ports/readStore.ts';
import { PART_STATES } from '../../ports/statusBoard.ts';
import { contextSchema } from './contextSchema.ts';
import { divergenceState, readDivergence, readDivergencesOf, readOpenDivergences } from './divergenceRows.ts';
import { migrationSchema } from './migrationSchema.ts';
import { readCounted, readHistogram, readQuantiles, readSampledLag } from './readSeries.ts';
import { stageVerdictSchema } from './stageVerdictSchema.ts';

const time = z.date();
const iso = time.transform((at) => at.toISOString());
const integer = z.coerce.number();
const word = z.enum(VERDICT_WORDS);
const partState = z.enum(PART_STATES);

const verifyRun = z.object({
  id: z.string(),
  context: z.string(),
  table: z.string(),
  mode: z.string(),
  state: z.string(),
  startedAt: iso,
  finishedAt: iso.nullable(),
  rowsCompared: integer,
  rowsEstimated: integer.nullable(),
  rowsPerSec: z.number().nullable(),
  etaAt: iso.nullable(),
  notCleanBecause: z.string().nullable(),
  rangesTotal: z.number(),
  rangesDone: z.number(),
  clean: integer,
  diverged: integer,
  pending: integer,
  stalled: integer,
  conflict: integer,
  unknown: integer,
  detail: z.string().nullable(),
});

/** What pages, API and metrics read, over the store's pool. */
export function createReadStore(pool: pg.Pool): ReadStore {
  async function query<T>(schema: z.ZodType<T>, sql: string, values: readonly unknown[] = []): Promise<T[]> {
    const { rows } = await guarded(() => pool.query(sql, [...values]));
    return z.array(schema).parse(rows);
  }

  return {
    async ping() {
      await query(z.unknown(), 'select 1');
    },

    async migration(): Promise<MigrationView | null> {
      const rows = await query(
        z.object({ body: z.unknown() }),
        'select body from config_snapshot order by loaded_at desc limit 1',
      );
      const body = rows[0]?.body;
      return body === undefined ? null : migrationSchema.parse(body);
    },

    async contextDefinition(id) {
      const rows = await query(
        z.object({ context: contextSchema }),
        `select context from (select body from config_snapshot order by loaded_at desc limit 1) newest,
           jsonb_array_elements(coalesce(body->'contexts', body->'migration'->'contexts')) context
         where context->>'id' = $1`,
        [id],
      );
      return rows[0]?.context ?? null;
    },

    async currentVerdicts(): Promise<CurrentVerdictRow[]> {
      const rows = await query(
        z.object({ verdictId: z.string(), body: stageVerdictSchema, evaluatedAt: time, validUntil: time }),
        `select verdict_id as "verdictId", body, evaluated_at as "evaluatedAt", valid_until as "validUntil"
         from verdict_current order by context, (body->>'stageNumber')::int`,
      );
      return rows.map((row) => ({
        verdictId: row.verdictId,
        body: row.body,
        evaluatedAtMs: row.evaluatedAt.getTime(),
        validUntilMs: row.validUntil.getTime(),
      }));
    },

    verdictHistory: (context, stage, limit) =>
      query(
        z.object({ id: z.string(), word, reason: z.string(), evaluatedAt: iso }),
        `select id, word, coalesce(body->>'reason', '') as reason, evaluated_at as "evaluatedAt"
         from verdict where context = $1 and stage = $2 order by evaluated_at desc limit $3`,
        [context, stage, limit],
      ),

    attempts: (context, stage, limit) =>
      query(
        z.object({
          number: z.number(),
          startedAt: iso,
          endedAt: iso.nullable(),
          reason: z.string(),
          openedBy: z.string(),
          build: z.string().nullable(),
        }),
        `select number, started_at as "startedAt", ended_at as "endedAt", reason, opened_by as "openedBy", build
         from attempt where context = $1 and stage = $2 order by number desc limit $3`,
        [context, stage, limit],
      ),

    counted: (series) => guarded(() => readCounted(pool, series)),
    quantiles: (series, quantile) => guarded(() => readQuantiles(pool, series, quantile)),
    sampledLag: (series, hop) => guarded(() => readSampledLag(pool, series, hop)),

    async sourceAges(): Promise<SourceAges> {
      const rows = await query(
        z.object({
          changeEventAt: iso.nullable(),
          spanAt: iso.nullable(),
          comparisonAt: iso.nullable(),
        }),
        `select (select max(updated_at) from ingest_offset where last_commit_lsn is not null) as "changeEventAt",
                (select max(last_span_at) from span_source) as "spanAt",
                (select max(finished_at) from verify_run where state = 'complete') as "comparisonAt"`,
      );
      return rows[0] ?? { changeEventAt: null, spanAt: null, comparisonAt: null };
    },

    parts: (): Promise<PartRow[]> =>
      query(
        z.object({
          part: z.string(),
          worker: z.string(),
          state: partState,
          detail: z.string(),
          fix: z.string().nullable(),
          sinceAt: iso,
          checkedAt: iso,
          sample: z.string().nullable(),
        }),
        `select distinct on (part) part, worker, state, detail, fix, since_at as "sinceAt", checked_at as "checkedAt",
                left(sample::text, 4000) as sample
         from part_status order by part, checked_at desc`,
      ),

    verifyRuns: (sinceMs): Promise<VerifyRunRow[]> =>
      query(
        verifyRun,
        `select id, context, "table", mode, state, started_at as "startedAt", finished_at as "finishedAt",
                rows_compared as "rowsCompared", rows_estimated as "rowsEstimated", rows_per_sec as "rowsPerSec",
                eta_at as "etaAt", not_clean_because as "notCleanBecause", ranges_total as "rangesTotal", ranges_done as "rangesDone",
                clean, diverged, pending, stalled, conflict, unknown, detail
         from (select *, row_number() over (partition by context, "table" order by started_at desc) as newest,
                      row_number() over (partition by context, "table", state = 'complete' order by started_at desc) as newest_of_state
               from verify_run where started_at > to_timestamp($1 / 1000.0)) runs
         where newest = 1 or (state = 'complete' and newest_of_state = 1)
         order by context, "table", started_at desc`,
        [sinceMs],
      ),

    divergenceCounts: (): Promise<DivergenceCount[]> =>
      query(
        z.object({ context: z.string(), table: z.string(), kind: z.string(), state: divergenceState, count: integer }),
        `select context, "table", kind, state, count(*) as count from divergence
         where resolved_at is null and self_test is null group by 1, 2, 3, 4`,
      ),

    divergences: (limit) => guarded(() => readOpenDivergences(pool, limit)),
    divergencesOf: (query) => guarded(() => readDivergencesOf(pool, query)),
    divergence: (context, table, key) => guarded(() => readDivergence(pool, context, table, key)),
    histogram: (series) => guarded(() => readHistogram(pool, series)),

    async command(id): Promise<CommandRow | null> {
      const rows = await query(
        z.object({
          id: z.string(),
          kind: z.string(),
          input: z.unknown(),
          principal: z.string(),
          createdAt: iso,
          finishedAt: iso.nullable(),
          result: z.unknown(),
        }),
        `select id, kind, input, principal, created_at as "createdAt", finished_at as "finishedAt", result
         from command where id = $1`,
        [id],
      );
      return rows[0] ?? null;
    },

    ingestTotals: () =>
      query(
        z.object({
          topic: z.string(),
          received: integer,
          counted: integer,
          duplicates: integer,
          deadLettered: integer,
          stopped: z.string().nullable(),
          updatedAt: iso,
        }),
        `select topic, sum(received) as received, sum(counted) as counted, sum(duplicates) as duplicates,
                sum(dead_lettered) as "deadLettered", max(stopped) as stopped, max(updated_at) as "updatedAt"
         from ingest_offset group by topic order by topic`,
      ),

    deadLetters: (limit) =>
      query(
        z.object({
          topic: z.string(),
          part: z.number(),
          offset: z.string(),
          reason: z.string(),
          detail: z.string(),
          at: iso,
        }),
        `select topic, part, "offset"::text as "offset", reason, detail, at from dead_letter order by at desc limit $1`,
        [limit],
      ),
  };
}

/** Says what the store said, as the one error that readers know. */
async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BanyanError) throw error;
    throw new BanyanError('unavailable', `the store can't be read: ${messageOf(error)}`, {
      cause: error,
      fix: 'start the store, or correct DATABASE_URL; if its tables are missing, start the worker once',
    });
  }
}
