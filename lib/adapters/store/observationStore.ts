import type { Pool, PoolClient } from 'pg';
import type { GroupPosition } from '../../ports/lagSource.ts';
import type {
  Deltas,
  HeartbeatState,
  Judged,
  LagSampleRow,
  ObservationStore,
  OpenBatch,
  SagaToSettle,
  SettledSaga,
} from '../../ports/observationStore.ts';
import { arrayLiteral } from './arrayLiteral.ts';
import { inTransaction } from './inTransaction.ts';
import { writeKpi } from './writeKpi.ts';

const BATCHES_AT_ONCE = 200;
const SAGAS_AT_ONCE = 1_000;

/** What the observers keep, in PostgreSQL. */
export class PgObservationStore implements ObservationStore {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  judgePending(
    context: string,
    series: string,
    judge: (open: readonly OpenBatch[]) => { readonly judged: readonly Judged[]; readonly deltas: Deltas },
  ): Promise<number> {
    return inTransaction(this.#pool, async (client) => {
      const { rows } = await client.query<{
        part: number;
        first_offset: string;
        last_offset: string;
        offsets: string[];
        times: string[];
      }>({
        name: 'pending-open',
        text: `select part, first_offset, last_offset, offsets[judged + 1:] as offsets, source_ts_us[judged + 1:] as times from pending_apply
          where context = $1 and series = $2 and judged < total order by part, first_offset limit ${BATCHES_AT_ONCE} for update skip locked`,
        values: [context, series],
      });
      if (rows.length === 0) return 0;
      const open = rows.map((row) => ({
        partition: row.part,
        firstOffset: BigInt(row.first_offset),
        lastOffset: BigInt(row.last_offset),
        entries: row.offsets.map((offset, index) => ({ offset: BigInt(offset), sourceTsUs: Number(row.times[index]) })),
      }));
      const { judged, deltas } = judge(open);
      if (judged.length === 0) return 0;
      await client.query({
        name: 'pending-judged',
        text: `update pending_apply p set judged = p.judged + x.n from unnest($3::int[], $4::bigint[], $5::int[]) as x(part, first, n)
          where p.context = $1 and p.series = $2 and p.part = x.part and p.first_offset = x.first`,
        values: [
          context,
          series,
          judged.map(({ partition }) => partition),
          arrayLiteral(judged.map(({ firstOffset }) => firstOffset)),
          judged.map(({ count }) => count),
        ],
      });
      await writeKpi(client, deltas.buckets, deltas.bins);
      return judged.reduce((sum, { count }) => sum + count, 0);
    });
  }

  async dropApplied(context: string, series: string, applied: ReadonlyMap<number, bigint>): Promise<void> {
    await this.#pool.query({
      name: 'pending-drop',
      text: `delete from pending_apply p using unnest($3::int[], $4::bigint[]) as w(part, next)
        where p.context = $1 and p.series = $2 and p.part = w.part and p.last_offset < w.next and p.judged = p.total`,
      values: [context, series, [...applied.keys()], arrayLiteral([...applied.values()])],
    });
  }

  async oldestUnapplied(context: string, series: string, applied: ReadonlyMap<number, bigint>): Promise<number | null> {
    const { rows } = await this.#pool.query<{ oldest: string | null }>({
      name: 'pending-oldest',
      text: `select min(t.ts) as oldest from (
          select p.part, coalesce(w.next, 0) as next from (select distinct part from pending_apply where context = $1 and series = $2) as p
          left join unnest($3::int[], $4::bigint[]) as w(part, next) using (part)) as w
        cross join lateral (select offsets, source_ts_us from pending_apply p
          where p.context = $1 and p.series = $2 and p.part = w.part and p.last_offset >= w.next order by first_offset limit 1) as b
        cross join lateral (select ts from unnest(b.offsets, b.source_ts_us) as e(o, ts) where o >= w.next order by o limit 1) as t`,
      values: [context, series, [...applied.keys()], arrayLiteral([...applied.values()])],
    });
    const oldest = rows[0]?.oldest;
    return oldest === null || oldest === undefined ? null : Number(oldest);
  }

  async heartbeatState(consumer: string, topic: string): Promise<HeartbeatState> {
    const { rows } = await this.#pool.query<{ newest: string | null; caught: string | null }>({
      name: 'heartbeat-state',
      text: `select (select max(source_ts_us) from key_event where topic = $2) as newest,
        (select case when bool_and(caught_up_at is not null and stopped is null) then extract(epoch from min(caught_up_at)) * 1000 end
         from ingest_offset where consumer = $1 and topic = $2) as caught`,
      values: [consumer, topic],
    });
    const { newest, caught } = rows[0] ?? { newest: null, caught: null };
    return { newestUs: newest === null ? null : Number(newest), caughtUpMs: caught === null ? null : Number(caught) };
  }

  countOnce(context: string, series: string, slot: bigint, deltas: Deltas): Promise<boolean> {
    return inTransaction(this.#pool, async (client) => {
      const { rowCount } = await client.query(
        `insert into observe_mark as m (context, series, slot) values ($1, $2, $3)
         on conflict (context, series) do update set slot = excluded.slot where m.slot < excluded.slot`,
        [context, series, String(slot)],
      );
      if (rowCount !== 1) return false;
      await writeKpi(client, deltas.buckets, deltas.bins);
      return true;
    });
  }

  async addLagSamples(rows: readonly LagSampleRow[]): Promise<void> {
    if (rows.length === 0) return;
    await this.#pool.query(
      `insert into lag_sample as l (context, "table", hop, at, lag_ms, detail)
       select c, t, h, to_timestamp(a / 1000.0), ms, d from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::float8[], $6::text[]) as x(c, t, h, a, ms, d)
       on conflict (context, "table", hop, at) do update set lag_ms = greatest(l.lag_ms, excluded.lag_ms), detail = coalesce(excluded.detail, l.detail)`,
      [
        rows.map(({ context }) => context),
        rows.map(({ table }) => table),
        rows.map(({ hop }) => hop),
        arrayLiteral(rows.map(({ atMs }) => atMs)),
        rows.map(({ lagMs }) => lagMs),
        rows.map(({ detail }) => detail),
      ],
    );
  }

  async saveGroupPositions(groupId: string, positions: readonly GroupPosition[], atMs: number): Promise<void> {
    const known = positions.filter(({ committed }) => committed !== null);
    await this.#pool.query(
      `insert into group_offset (group_id, topic, part, committed_offset, log_start, high_watermark, at)
       select $1, t, p, c, l, h, to_timestamp($7 / 1000.0) from unnest($2::text[], $3::int[], $4::bigint[], $5::bigint[], $6::bigint[]) as x(t, p, c, l, h)
       on conflict (group_id, topic, part) do update set committed_offset = excluded.committed_offset, log_start = excluded.log_start,
         high_watermark = excluded.high_watermark, at = excluded.at`,
      [
        groupId,
        known.map(({ topic }) => topic),
        known.map(({ partition }) => partition),
        arrayLiteral(known.flatMap(({ committed }) => committed ?? [])),
        arrayLiteral(known.map(({ low }) => low)),
        arrayLiteral(known.map(({ high }) => high)),
        atMs,
      ],
    );
  }

  async countedUntilMs(consumer: string, topics: readonly string[]): Promise<number | null> {
    const { rows } = await this.#pool.query<{ until: string | null }>({
      name: 'counted-until',
      text: `select case when count(distinct topic) = cardinality($2::text[]) and bool_and(caught_up_at is not null and stopped is null)
          then extract(epoch from min(caught_up_at)) * 1000 end as until
        from ingest_offset where consumer = $1 and topic = any($2)`,
      values: [consumer, topics],
    });
    const until = rows[0]?.until;
    return until === null || until === undefined ? null : Number(until);
  }

  settleSagas(
    context: string,
    sagaType: string,
    untilUs: number,
    settle: (due: readonly SagaToSettle[]) => { readonly settled: readonly SettledSaga[]; readonly deltas: Deltas },
  ): Promise<number> {
    return inTransaction(this.#pool, async (client) => {
      const due = await client.query<{ saga_id: string }>({
        name: 'saga-due',
        text: `select saga_id from saga_instance where context = $1 and saga_type = $2 and settled_at is null
            and deadline_at < to_timestamp($3 / 1000000.0) order by deadline_at limit ${SAGAS_AT_ONCE} for update skip locked`,
        values: [context, sagaType, untilUs],
      });
      if (due.rows.length === 0) return 0;
      const ids = due.rows.map(({ saga_id }) => saga_id);
      const { settled, deltas } = settle(await sagaFacts(client, context, sagaType, ids));
      await client.query({
        name: 'saga-settled',
        text: `update saga_instance i set settled_at = now(), outcome = x.o, reason = x.r, last_event = x.l
          from unnest($3::text[], $4::text[], $5::text[], $6::text[]) as x(id, o, r, l)
          where i.context = $1 and i.saga_type = $2 and i.saga_id = x.id`,
        values: [
          context,
          sagaType,
          settled.map(({ sagaId }) => sagaId),
          settled.map(({ outcome }) => outcome),
          settled.map(({ reason }) => reason),
          settled.map(({ lastEvent }) => lastEvent),
        ],
      });
      await writeKpi(client, deltas.buckets, deltas.bins);
      return settled.length;
    });
  }
}

interface SagaEventRow {
  readonly saga_id: string;
  readonly message_id: string;
  readonly causation_id: string | null;
  readonly event_type: string;
  readonly at_us: string;
  readonly topic: string;
  readonly part: number;
  readonly offset: string;
}

async function sagaFacts(
  client: PoolClient,
  context: string,
  sagaType: string,
  ids: readonly string[],
): Promise<SagaToSettle[]> {
  const { rows } = await client.query<SagaEventRow>({
    name: 'saga-facts',
    text: `select saga_id, message_id, causation_id, event_type, (extract(epoch from at) * 1000000)::bigint as at_us, topic, part, "offset"
      from saga_event where context = $1 and saga_type = $2 and saga_id = any($3)`,
    values: [context, sagaType, ids],
  });
  const bySaga = Map.groupBy(rows, ({ saga_id }) => saga_id);
  return ids.map((sagaId) => ({
    sagaId,
    facts: (bySaga.get(sagaId) ?? []).map((row) => ({
      messageId: row.message_id,
      causationId: row.causation_id,
      eventType: row.event_type,
      atUs: Number(row.at_us),
      topic: row.topic,
      partition: row.part,
      offset: BigInt(row.offset),
    })),
  }));
}
