import type { Pool } from 'pg';
import type { ComparedTable, CounterRow } from '../../core/verdict/evidence.ts';
import type { EvidenceStore } from '../../ports/evidenceStore.ts';
import type { PartState } from '../../ports/statusBoard.ts';
import { readCheckedInvariants } from './checkedInvariants.ts';
import { settledCounters } from './settledCounters.ts';

const PENDING_LONG_MS = 60_000;

interface CounterSums {
  minute_ms: string;
  n: string;
  bad: string;
  unknown: string;
  last_bucket: Date;
}

interface TableRow {
  table: string;
  started_at: Date | null;
  finished_at: Date | null;
  rows_compared: string | null;
  ranges_total: number | null;
  ranges_done: number | null;
  not_clean: string | null;
  not_clean_because: string | null;
  last_resolved: Date | null;
  diverged: string;
  stalled: string;
  conflict: string;
  unknown: string;
  pending: string;
  pending_long: string;
}

/**
 * Evidence in PostgreSQL. Counts are sums of integers, so the order in which they were written never matters.
 * @param consumer the consumer group that ingest reads as: partitions that another one has stopped say nothing here.
 */
export function evidenceStore(pool: Pool, consumer: string): EvidenceStore {
  const read = settledCounters();
  return {
    counters(context, indicator, selection, fromMs, nowMs) {
      const { series, cohort } = selection;
      const limitUs = selection.limitUs?.toString() ?? null;
      const key = JSON.stringify([context, indicator, series, cohort, limitUs]);
      return read(key, fromMs, nowMs, async (from, until) => {
        const { rows } = await pool.query<CounterSums>(COUNTERS, [
          context,
          indicator,
          series,
          cohort,
          limitUs,
          new Date(from),
          until === null ? null : new Date(until),
        ]);
        return rows.map(counterRow);
      });
    },

    async bins(context, indicator, selection, fromMs) {
      const { rows } = await pool.query<{ bin: number; n: string }>(
        `select bin, sum(n) as n from kpi_bin
         where context = $1 and indicator = $2 and series = any($3) and cohort = $4 and bucket_at >= $5
         group by bin order by bin`,
        [context, indicator, selection.series, selection.cohort, new Date(fromMs)],
      );
      return rows.map((row) => ({ bin: row.bin, n: Number(row.n) }));
    },

    async sampledLagMs(context, series, sinceMs) {
      const { rows } = await pool.query<{ lag: number | null }>(
        `select max(lag_ms) as lag from (
           select distinct on ("table") lag_ms from lag_sample
           where context = $1 and "table" = any($2) and hop = 'end_to_end' and at >= $3
           order by "table", at desc) newest`,
        [context, series, new Date(sinceMs)],
      );
      return rows[0]?.lag ?? null;
    },

    async pendingSagas(context, sagas) {
      const { rows } = await pool.query<{ n: string }>(
        'select count(*) as n from saga_instance where context = $1 and saga_type = any($2) and outcome is null',
        [context, sagas],
      );
      return Number(rows[0]?.n ?? 0);
    },

    async parts() {
      const { rows } = await pool.query<{ part: string; state: PartState; detail: string; checked_at: Date }>(
        `select distinct on (part) part, state, detail, checked_at
         from part_status order by part, checked_at desc, worker`,
      );
      return rows.map((row) => ({
        part: row.part,
        state: row.state,
        detail: row.detail,
        checkedAtMs: row.checked_at.getTime(),
      }));
    },

    async stoppedPartitions() {
      const { rows } = await pool.query<{ topic: string; part: number; reason: string }>(
        `select topic, part, stopped as reason from ingest_offset
         where consumer = $1 and stopped is not null order by topic, part`,
        [consumer],
      );
      return rows;
    },

    checkedInvariants: (context, invariants, fromMs) => readCheckedInvariants(pool, context, invariants, fromMs),

    async comparedTables(context, tables, fromMs, nowMs) {
      const { rows } = await pool.query<TableRow>(COMPARED_TABLES, [
        context,
        tables,
        new Date(fromMs),
        new Date(nowMs - PENDING_LONG_MS),
      ]);
      return rows.map(comparedTable);
    },
  };
}

const COUNTERS = `
  select floor(extract(epoch from bucket_at) / 60)::bigint * 60000 as minute_ms, sum(n) as n, sum(bad) as bad,
    sum(unknown) as unknown, max(bucket_at) as last_bucket
  from kpi_bucket
  where context = $1 and indicator = $2 and series = any($3) and cohort = $4 and ($5::bigint is null or limit_us = $5)
    and bucket_at >= $6 and ($7::timestamptz is null or bucket_at < $7)
  group by 1 order by 1`;

const COMPARED_TABLES = `
  select t.id as table, r.started_at, r.finished_at, r.rows_compared, r.ranges_total, r.ranges_done, r.not_clean, r.not_clean_because,
    d.last_resolved, d.diverged, d.stalled, d.conflict, d.unknown, d.pending, d.pending_long
  from unnest($2::text[]) with ordinality as t (id, position)
  left join lateral (
    select started_at, finished_at, rows_compared, ranges_total, ranges_done,
      diverged + stalled + conflict + unknown as not_clean,
      case when clean_pass then null else coalesce(not_clean_because, 'whether it was clean is not known') end as not_clean_because
    from verify_run
    where context = $1 and "table" = t.id and state = 'complete' and started_at >= $3 and finished_at is not null
      and mapping_digest = (select mapping_digest from verify_run where context = $1 and "table" = t.id order by started_at desc limit 1)
    order by clean_pass is true desc, finished_at desc limit 1
  ) r on true
  cross join lateral (
    select max(resolved_at) filter (where state = 'DIVERGED') as last_resolved,
      count(*) filter (where resolved_at is null and state = 'DIVERGED') as diverged,
      count(*) filter (where resolved_at is null and state = 'STALLED') as stalled,
      count(*) filter (where resolved_at is null and state = 'CONFLICT') as conflict,
      count(*) filter (where resolved_at is null and state = 'UNKNOWN') as unknown,
      count(*) filter (where resolved_at is null and state = 'PENDING') as pending,
      count(*) filter (where resolved_at is null and state = 'PENDING' and first_seen_at < $4) as pending_long
    from divergence where context = $1 and "table" = t.id and self_test is null
  ) d
  order by t.position`;

function counterRow(row: CounterSums): CounterRow {
  return {
    minuteMs: Number(row.minute_ms),
    n: Number(row.n),
    bad: Number(row.bad),
    unknown: Number(row.unknown),
    lastBucketMs: row.last_bucket.getTime(),
  };
}

function comparedTable(row: TableRow): ComparedTable {
  const { started_at: started, finished_at: finished } = row;
  return {
    table: row.table,
    pass:
      started === null || finished === null
        ? null
        : {
            startedMs: started.getTime(),
            finishedMs: finished.getTime(),
            rowsCompared: Number(row.rows_compared),
            rangesTotal: row.ranges_total ?? 0,
            rangesDone: row.ranges_done ?? 0,
            notClean: Number(row.not_clean),
            notCleanBecause: row.not_clean_because,
          },
    lastResolvedMs: row.last_resolved?.getTime() ?? null,
    diverged: Number(row.diverged),
    stalled: Number(row.stalled),
    conflict: Number(row.conflict),
    unknown: Number(row.unknown),
    pending: Number(row.pending),
    pendingLong: Number(row.pending_long),
  };
}
