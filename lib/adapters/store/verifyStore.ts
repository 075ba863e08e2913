import type pg from 'pg';
import { z } from 'zod';
import type { KeyBound } from '../../core/consistency/keyRange.ts';
import type {
  IngestPosition,
  LeasedRange,
  NewestEvent,
  RangeResult,
  RunCounts,
  VerifyRun,
  VerifyStore,
  VerifyTarget,
} from '../../ports/verifyStore.ts';
import { inTransaction } from './inTransaction.ts';
import { storeFindings } from './verifyFindings.ts';
import { readNewestEvents, readPositions } from './verifyIngestFacts.ts';

const big = z.union([z.string(), z.number()]).transform(BigInt);
const Count = z.coerce.number();

const RangeRow = z.object({ seq: z.number(), lo: z.string().nullable(), hi: z.string().nullable() });

const CountsRow = z.object({
  rows_compared: big,
  ranges_done: Count,
  ranges_total: Count,
  diverged: big,
  pending: big,
  stalled: big,
  unknown: big,
  conflict: big,
});

const bound = (text: string | null): KeyBound => (text === null ? null : z.array(z.string()).parse(JSON.parse(text)));

/** Passes, ranges and divergences in the store; `consumer` names Banyan's own ingest in ingest_offset. */
export class StoredVerification implements VerifyStore {
  readonly #pool: pg.Pool;
  readonly #consumer: string;

  constructor(pool: pg.Pool, consumer: string) {
    this.#pool = pool;
    this.#consumer = consumer;
  }

  openRun(target: VerifyTarget, mappingDigest: string, newId: string, nowMs: number): Promise<VerifyRun> {
    return inTransaction(this.#pool, async (client) => {
      await client.query(`select pg_advisory_xact_lock(hashtextextended($1, 7))`, [
        `${target.context}/${target.table}`,
      ]);
      const { rows } = await client.query(
        `select r.id, r.mapping_digest as digest from verify_run r
         where r.context = $1 and r."table" = $2 and r.mode = 'sweep' and r.state in ('running', 'failed')
           and exists (select from verify_range g where g.run_id = r.id)
         order by r.started_at desc limit 1`,
        [target.context, target.table],
      );
      const [found] = z.array(z.object({ id: z.string(), digest: z.string() })).parse(rows);
      if (found?.digest === mappingDigest) {
        await client.query(`update verify_run set state = 'running', detail = null, finished_at = null where id = $1`, [
          found.id,
        ]);
        return { ...target, id: found.id, resumed: true };
      }
      if (found !== undefined) {
        await client.query(
          `update verify_run set state = 'cancelled', finished_at = $2, detail = 'the mapping has changed' where id = $1`,
          [found.id, new Date(nowMs)],
        );
        await client.query('delete from verify_range where run_id = $1', [found.id]);
      }
      await client.query(
        `insert into verify_run (id, context, "table", mode, state, started_at, ranges_total, mapping_digest)
         values ($1, $2, $3, 'sweep', 'running', $4, 1, $5)`,
        [newId, target.context, target.table, new Date(nowMs), mappingDigest],
      );
      await client.query(`insert into verify_range (run_id, seq, state) values ($1, 0, 'waiting')`, [newId]);
      return { ...target, id: newId, resumed: false };
    });
  }

  async leaseRange(runId: string, owner: string, nowMs: number, leaseMs: number): Promise<LeasedRange | null> {
    const { rows } = await this.#pool.query(
      `update verify_range set state = 'leased', owner = $2, leased_until = $4
       where run_id = $1 and seq = (
         select seq from verify_range
         where run_id = $1 and (state = 'waiting' or (state = 'leased' and leased_until < $3))
         order by seq for update skip locked limit 1)
       returning seq, lo, hi`,
      [runId, owner, new Date(nowMs), new Date(nowMs + leaseMs)],
    );
    const [row] = z.array(RangeRow).parse(rows);
    return row === undefined ? null : { seq: row.seq, range: { lo: bound(row.lo), hi: bound(row.hi) } };
  }

  async renewLease(runId: string, seq: number, owner: string, nowMs: number, leaseMs: number): Promise<boolean> {
    const { rowCount } = await this.#pool.query(
      `update verify_range set leased_until = $4 where run_id = $1 and seq = $2 and owner = $3 and state = 'leased'`,
      [runId, seq, owner, new Date(nowMs + leaseMs)],
    );
    return rowCount === 1;
  }

  async splitRange(runId: string, seq: number, at: readonly string[]): Promise<void> {
    const cut = JSON.stringify(at);
    await inTransaction(this.#pool, async (client) => {
      await client.query(
        `with run as (update verify_run set ranges_total = ranges_total + 1 where id = $1 returning ranges_total)
         insert into verify_range (run_id, seq, lo, hi, state)
         select $1, run.ranges_total - 1, $3, own.hi, 'waiting' from run, verify_range own
         where own.run_id = $1 and own.seq = $2`,
        [runId, seq, cut],
      );
      await client.query('update verify_range set hi = $3 where run_id = $1 and seq = $2', [runId, seq, cut]);
    });
  }

  finishRange(run: VerifyRun, seq: number, owner: string, result: RangeResult, nowMs: number): Promise<boolean> {
    const now = new Date(nowMs);
    const count = (verdict: string) => result.findings.filter((finding) => finding.verdict === verdict).length;
    const open = result.findings.filter((finding) => finding.verdict !== 'CLEAN').length;
    return inTransaction(this.#pool, async (client) => {
      const done = await client.query(
        `update verify_range set state = 'done', rows = $4, finished_at = $5
         where run_id = $1 and seq = $2 and owner = $3 and state = 'leased'`,
        [run.id, seq, owner, result.rows, now],
      );
      if (done.rowCount !== 1) return false;
      await client.query(
        `update verify_run set rows_compared = rows_compared + $2, ranges_done = ranges_done + 1,
           clean = clean + greatest($2::bigint - $3, 0), diverged = diverged + $4, pending = pending + $5,
           stalled = stalled + $6, conflict = conflict + $7, unknown = unknown + $8
         where id = $1`,
        [
          run.id,
          result.rows,
          open,
          count('DIVERGED'),
          count('PENDING'),
          count('STALLED'),
          count('CONFLICT'),
          count('UNKNOWN'),
        ],
      );
      await storeFindings(client, run, result.findings, now);
      return true;
    });
  }

  async storeFindings(run: VerifyRun, findings: RangeResult['findings'], nowMs: number): Promise<void> {
    await inTransaction(this.#pool, (client) => storeFindings(client, run, findings, new Date(nowMs)));
  }

  async openKeys(target: VerifyTarget, after: string | null, limit: number): Promise<readonly string[]> {
    const { rows } = await this.#pool.query(
      `select key from divergence
       where context = $1 and "table" = $2 and resolved_at is null and ($3::text is null or key > $3) order by key limit $4`,
      [target.context, target.table, after, limit],
    );
    return z
      .array(z.object({ key: z.string() }))
      .parse(rows)
      .map((row) => row.key);
  }

  finishRun(run: VerifyRun, nowMs: number): Promise<boolean> {
    const state = (name: string) => `(select count(*) from open where state = '${name}')`;
    return inTransaction(this.#pool, async (client) => {
      const { rowCount } = await client.query(
        `with open as (select state from divergence where context = $2 and "table" = $3 and resolved_at is null)
         update verify_run r set state = 'complete', finished_at = $4,
           clean = greatest(r.rows_compared - (select count(*) from open), 0), diverged = ${state('DIVERGED')},
           pending = ${state('PENDING')}, stalled = ${state('STALLED')}, conflict = ${state('CONFLICT')},
           unknown = ${state('UNKNOWN')}
         where r.id = $1 and r.state = 'running'
           and not exists (select from verify_range g where g.run_id = r.id and g.state <> 'done')`,
        [run.id, run.context, run.table, new Date(nowMs)],
      );
      if (rowCount !== 1) return false;
      await client.query('delete from verify_range where run_id = $1', [run.id]);
      await client.query(
        `delete from verify_run where context = $1 and "table" = $2 and finished_at < $3::timestamptz - interval '7 days'`,
        [run.context, run.table, new Date(nowMs)],
      );
      return true;
    });
  }

  async releaseRanges(runId: string, owner: string, seq?: number): Promise<void> {
    await this.#pool.query(
      `update verify_range set state = 'waiting', owner = null where run_id = $1 and owner = $2 and state = 'leased' and ($3::int is null or seq = $3)`,
      [runId, owner, seq ?? null],
    );
  }

  async failRun(run: VerifyRun, owner: string, detail: string, nowMs: number): Promise<void> {
    await this.releaseRanges(run.id, owner);
    await this.#pool.query(
      `update verify_run set state = 'failed', detail = $2, finished_at = $3 where id = $1 and state = 'running'`,
      [run.id, detail, new Date(nowMs)],
    );
  }

  async recordFailedRun(
    target: VerifyTarget,
    mappingDigest: string,
    id: string,
    detail: string,
    nowMs: number,
  ): Promise<void> {
    await inTransaction(this.#pool, async (client) => {
      // One row of a fault that lasts: it moves instead of growing with every try.
      await client.query(
        `delete from verify_run r where r.context = $1 and r."table" = $2 and r.state = 'failed'
           and not exists (select from verify_range g where g.run_id = r.id)`,
        [target.context, target.table],
      );
      await client.query(
        `insert into verify_run (id, context, "table", mode, state, started_at, finished_at, mapping_digest, detail)
         values ($1, $2, $3, 'sweep', 'failed', $4, $4, $5, $6)`,
        [id, target.context, target.table, new Date(nowMs), mappingDigest, detail],
      );
    });
  }

  async counts(runId: string): Promise<RunCounts> {
    const { rows } = await this.#pool.query('select * from verify_run where id = $1', [runId]);
    const row = CountsRow.parse(rows[0]);
    return {
      rowsCompared: row.rows_compared,
      rangesDone: row.ranges_done,
      rangesTotal: row.ranges_total,
      diverged: row.diverged,
      pending: row.pending,
      stalled: row.stalled,
      unknown: row.unknown,
      conflict: row.conflict,
    };
  }

  positions(topic: string): Promise<readonly IngestPosition[]> {
    return readPositions(this.#pool, this.#consumer, topic);
  }

  newestEvents(topic: string, keys: readonly string[], keyColumns: number): Promise<ReadonlyMap<string, NewestEvent>> {
    return readNewestEvents(this.#pool, topic, keys, keyColumns);
  }
}
