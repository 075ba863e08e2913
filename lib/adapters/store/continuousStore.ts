import type pg from 'pg';
import { z } from 'zod';
import type { EarlierLook } from '../../core/consistency/earlierLook.ts';
import type {
  ChangePartition,
  ContinuousProgress,
  ContinuousStore,
  LeasedPartition,
  VerifiedPartition,
  WaitingChange,
} from '../../ports/continuousStore.ts';
import type { VerifyTarget } from '../../ports/verifyStore.ts';
import { arrayLiteral } from './arrayLiteral.ts';
import { inTransaction } from './inTransaction.ts';
import { keptLooks, looksJson } from './keptLooks.ts';
import { storeFindings } from './verifyFindings.ts';
import { writeKpi } from './writeKpi.ts';

const big = z.union([z.string(), z.number()]).transform(BigInt);
const Lease = z.object({ topic: z.string(), part: z.number(), verified_offset: big, skipped: big, looks: keptLooks });
const Verified = z.object({
  part: z.number(),
  verified_offset: big,
  grown: z.boolean(),
  mark_offset: big.nullable(),
  mark_timestamp_ms: z.string().transform(Number).nullable(),
  mark_sha256: z.string().nullable(),
});
const Waiting = z.object({
  key: z.string(),
  first_offset: big,
  newest_offset: big,
  source_ts_us: z.string().transform(Number).nullable(),
});

/** In place of the id of a pass: findings that no pass made. */
const NO_PASS = 'continuous';

/** Partitions, backlog and findings of continuous verification, in PostgreSQL. */
export class StoredContinuous implements ContinuousStore {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  async lease(
    { context, table }: VerifyTarget,
    owner: string,
    partitions: readonly (ChangePartition & { readonly start: bigint })[],
    nowMs: number,
    leaseMs: number,
  ): Promise<readonly LeasedPartition[]> {
    const { rows } = await this.#pool.query(
      `insert into verify_partition as p (context, "table", topic, part, owner, leased_until, verified_offset, grown)
       select $1, $2, t.topic, t.part, $3, $4, t.start,
         exists (select from verify_partition known where known.context = $1 and known."table" = $2 and known.topic = t.topic)
       from unnest($5::text[], $6::int[], $7::bigint[]) as t(topic, part, start) order by 3, 4
       on conflict (context, "table", topic, part) do update set owner = excluded.owner, leased_until = excluded.leased_until
       where p.owner = excluded.owner or p.leased_until < $8
       returning topic, part, verified_offset, skipped, looks`,
      [
        context,
        table,
        owner,
        new Date(nowMs + leaseMs),
        partitions.map(({ topic }) => topic),
        partitions.map(({ part }) => part),
        arrayLiteral(partitions.map(({ start }) => start)),
        new Date(nowMs),
      ],
    );
    return z
      .array(Lease)
      .parse(rows)
      .map(({ verified_offset: verifiedOffset, ...lease }) => ({ ...lease, verifiedOffset }));
  }

  async release({ context, table }: VerifyTarget, owner: string): Promise<void> {
    await this.#pool.query(
      `update verify_partition set leased_until = '-infinity' where context = $1 and "table" = $2 and owner = $3`,
      [context, table, owner],
    );
  }

  async verifiedTo(topic: string): Promise<ReadonlyMap<number, VerifiedPartition>> {
    const { rows } = await this.#pool.query(
      `select distinct on (part) part, verified_offset, bool_or(grown) over (partition by part) as grown,
         mark_offset, mark_timestamp_ms, mark_sha256
       from verify_partition where topic = $1 order by part, verified_offset`,
      [topic],
    );
    return new Map(
      z
        .array(Verified)
        .parse(rows)
        .map((row) => {
          const { mark_offset: offset, mark_timestamp_ms: timestampMs, mark_sha256: sha256 } = row;
          const mark = offset === null || timestampMs === null ? null : { offset, timestampMs, sha256 };
          return [row.part, { next: row.verified_offset, grown: row.grown, mark }];
        }),
    );
  }

  async looks({ context, table }: VerifyTarget, topic: string): Promise<readonly EarlierLook[]> {
    const { rows } = await this.#pool.query(
      'select looks from verify_partition where context = $1 and "table" = $2 and topic = $3 order by part',
      [context, table, topic],
    );
    return rows.flatMap(({ looks }) => keptLooks.parse(looks));
  }

  commit(target: VerifyTarget, owner: string, progress: ContinuousProgress): Promise<boolean> {
    const { partitions, proved, clean, findings, buckets, bins } = progress;
    const { context, table } = target;
    return inTransaction(this.#pool, async (client) => {
      const topics = partitions.map(({ topic }) => topic);
      const parts = partitions.map(({ part }) => part);
      const held = await client.query(
        `select from verify_partition p where p.context = $1 and p."table" = $2 and p.owner = $3
           and (p.topic, p.part) in (select * from unnest($4::text[], $5::int[])) order by p.topic, p.part for update`,
        [context, table, owner, topics, parts],
      );
      if (held.rowCount !== partitions.length) return false;
      await client.query(
        `update verify_partition p set verified_offset = t.verified, skipped = p.skipped + t.skipped,
           mark_offset = coalesce(t.mark, p.mark_offset),
           mark_timestamp_ms = case when t.mark is null then p.mark_timestamp_ms else t.mark_ms end,
           mark_sha256 = case when t.mark is null then p.mark_sha256 else t.mark_sha256 end,
           looks = case when t.looks = '[]' then p.looks else t.looks end
         from unnest($3::text[], $4::int[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::text[], $10::jsonb[])
           as t(topic, part, verified, skipped, mark, mark_ms, mark_sha256, looks)
         where p.context = $1 and p."table" = $2 and p.topic = t.topic and p.part = t.part`,
        [
          context,
          table,
          topics,
          parts,
          arrayLiteral(partitions.map(({ verifiedOffset }) => verifiedOffset)),
          arrayLiteral(partitions.map(({ skipped }) => skipped)),
          arrayLiteral(partitions.map(({ mark }) => mark?.offset ?? null)),
          arrayLiteral(partitions.map(({ mark }) => mark?.timestampMs ?? null)),
          partitions.map(({ mark }) => mark?.sha256 ?? null),
          partitions.map(({ looks }) => looksJson(looks)),
        ],
      );
      await storeFindings(client, { ...target, id: NO_PASS }, proved);
      await this.#storeClean(client, target, clean);
      await storeFindings(client, { ...target, id: NO_PASS }, findings);
      await writeKpi(client, buckets, bins);
      return true;
    });
  }

  async spill({ context, table }: VerifyTarget, waiting: readonly WaitingChange[]): Promise<void> {
    // One statement must not meet a key twice.
    const byKey = new Map<string, WaitingChange>();
    for (const change of waiting) {
      const name = `${change.topic}\u0001${change.part}\u0001${change.key}`;
      const before = byKey.get(name);
      byKey.set(name, before === undefined ? change : { ...before, newest: change.newest });
    }
    const rows = [...byKey.values()];
    await this.#pool.query(
      `insert into verify_backlog as b (context, "table", topic, part, key, first_offset, newest_offset, source_ts_us)
       select $1, $2, t.topic, t.part, t.key, t.first, t.newest, t.ts
       from unnest($3::text[], $4::int[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[]) as t(topic, part, key, first, newest, ts)
       on conflict (context, "table", topic, part, key) do update set first_offset = least(b.first_offset, excluded.first_offset),
         newest_offset = greatest(b.newest_offset, excluded.newest_offset),
         source_ts_us = case when excluded.first_offset < b.first_offset then excluded.source_ts_us else b.source_ts_us end`,
      [
        context,
        table,
        rows.map(({ topic }) => topic),
        rows.map(({ part }) => part),
        rows.map(({ key }) => key),
        arrayLiteral(rows.map(({ first }) => first)),
        arrayLiteral(rows.map(({ newest }) => newest)),
        arrayLiteral(rows.map(({ sourceTsUs }) => sourceTsUs)),
      ],
    );
  }

  async unspill(
    { context, table }: VerifyTarget,
    { topic, part }: ChangePartition,
    limit: number,
  ): Promise<readonly WaitingChange[]> {
    // By place: a join by key would be planned for the empty table that this is most of the time, and be quadratic.
    const { rows } = await this.#pool.query(
      `delete from verify_backlog where ctid = any (array(
         select ctid from verify_backlog where context = $1 and "table" = $2 and topic = $3 and part = $4
         order by first_offset limit $5 for update))
       returning key, first_offset, newest_offset, source_ts_us`,
      [context, table, topic, part, limit],
    );
    return z
      .array(Waiting)
      .parse(rows)
      .map((row) => ({
        topic,
        part,
        key: row.key,
        first: row.first_offset,
        newest: row.newest_offset,
        sourceTsUs: row.source_ts_us,
      }));
  }

  /** Takes CLEAN keys from the open ones. Few are open, by far the most often none: only those are written to. */
  async #storeClean(client: pg.PoolClient, target: VerifyTarget, clean: ReadonlyMap<string, number>): Promise<void> {
    if (clean.size === 0) return;
    const { rows } = await client.query<{ key: string }>(
      `select key from divergence where context = $1 and "table" = $2 and resolved_at is null limit $3`,
      [target.context, target.table, clean.size],
    );
    // As many as there are CLEAN ones, or more: which of them are open is then for the database to find out.
    const open = rows.length < clean.size ? new Set(rows.map(({ key }) => key)) : null;
    const findings = [...clean].flatMap(([key, judgedAtMs]) => {
      if (open !== null && !open.has(key)) return [];
      return { key, verdict: 'CLEAN', judgedAtMs, kind: 'different', leg: 'unknown', columns: [], detail: {} } as const;
    });
    await storeFindings(client, { ...target, id: NO_PASS }, findings);
  }
}
