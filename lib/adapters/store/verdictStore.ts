import type { Pool, PoolClient } from 'pg';
import { type Phase, STAGE_IDS, type StageId } from '../../core/verdict/verdict.ts';
import { BanyanError, messageOf } from '../../errors.ts';
import type { CurrentEvaluation, VerdictStore, VerdictTransaction } from '../../ports/verdictStore.ts';
import { insertRound } from './selfTestStore.ts';
import { stageVerdictSchema } from './stageVerdictSchema.ts';

/** Key of the advisory lock that makes the audit's writers queue. */
const AUDIT_LOCK = 72_707_370;
const CONTEXT_LOCK_SEED = 10;

/** Stages, attempts, verdicts and audit in PostgreSQL. */
export function verdictStore(pool: Pool): VerdictStore {
  return {
    async transaction(work) {
      const client = await connect(pool);
      try {
        await client.query('begin');
        const result = await work(transactionOn(client));
        await client.query('commit');
        client.release();
        return result;
      } catch (error) {
        // What a failed COMMIT did is unknown, and a connection in that state is not used again.
        client.release(true);
        throw error;
      }
    },
  };
}

async function connect(pool: Pool): Promise<PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    throw new BanyanError('unavailable', `the store can't be reached: ${messageOf(error)}`, { cause: error });
  }
}

function transactionOn(client: PoolClient): VerdictTransaction {
  return {
    async lockContext(context) {
      await client.query('select pg_advisory_xact_lock(hashtextextended($1, $2))', [context, CONTEXT_LOCK_SEED]);
    },

    async tryLockContext(context) {
      const { rows } = await client.query<{ taken: boolean }>(
        'select pg_try_advisory_xact_lock(hashtextextended($1, $2)) as taken',
        [context, CONTEXT_LOCK_SEED],
      );
      return rows[0]?.taken === true;
    },

    async phases(context) {
      const { rows } = await client.query<{ stage: string; phase: Phase }>(
        'select stage, phase from stage_state where context = $1',
        [context],
      );
      return byStage(rows, (row) => row.phase);
    },

    async setPhase(context, stage, phase, by, atMs) {
      await client.query(
        `insert into stage_state (context, stage, phase, changed_at, changed_by) values ($1, $2, $3, $4, $5)
         on conflict (context, stage) do update
           set phase = excluded.phase, changed_at = excluded.changed_at, changed_by = excluded.changed_by`,
        [context, stage, phase, new Date(atMs), by],
      );
    },

    async openAttempts(context) {
      const { rows } = await client.query<AttemptRow>(
        `select id, stage, number, started_at, reason, opened_by, criteria_digest, build
         from attempt where context = $1 and ended_at is null order by number`,
        [context],
      );
      return rows.flatMap((row) => {
        const stage = stageId(row.stage);
        if (stage === undefined) return [];
        return [
          {
            id: row.id,
            context,
            stage,
            number: row.number,
            startedAtMs: row.started_at.getTime(),
            reason: row.reason,
            openedBy: row.opened_by,
            criteriaDigest: row.criteria_digest,
            build: row.build,
          },
        ];
      });
    },

    async lastAttemptNumber(context, stage) {
      const { rows } = await client.query<{ number: number | null }>(
        'select max(number) as number from attempt where context = $1 and stage = $2',
        [context, stage],
      );
      return rows[0]?.number ?? 0;
    },

    async insertAttempt(a) {
      await client.query(
        `insert into attempt (id, context, stage, number, started_at, reason, opened_by, criteria_digest, build)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
        [a.id, a.context, a.stage, a.number, new Date(a.startedAtMs), a.reason, a.openedBy, a.criteriaDigest, a.build],
      );
    },

    async endAttempt(id, atMs) {
      await client.query('update attempt set ended_at = $2 where id = $1', [id, new Date(atMs)]);
    },

    async waivers(context) {
      const { rows } = await client.query<WaiverRow>(
        `select distinct on (stage, criterion) id, stage, criterion, reason, by, expires_at
         from waiver where context = $1 order by stage, criterion, at desc, id desc`,
        [context],
      );
      return rows.flatMap((row) => {
        const stage = stageId(row.stage);
        if (stage === undefined) return [];
        const { id, criterion, reason, by } = row;
        return [{ id, stage, criterion, reason, by, expiresAt: row.expires_at.toISOString() }];
      });
    },

    async insertWaiver(context, w, atMs) {
      await client.query(
        `insert into waiver (id, context, stage, criterion, reason, by, at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [w.id, context, w.stage, w.criterion, w.reason, w.by, new Date(atMs), new Date(w.expiresAt)],
      );
    },

    async currentEvaluations(context) {
      const { rows } = await client.query<{ stage: string; verdict_id: string; body: unknown; stored_at: Date }>(
        `select c.stage, c.verdict_id, c.body, v.evaluated_at as stored_at
         from verdict_current c join verdict v on v.id = c.verdict_id where c.context = $1`,
        [context],
      );
      return byStage(
        rows,
        (row): CurrentEvaluation => ({
          verdictId: row.verdict_id,
          body: stageVerdictSchema.parse(row.body),
          storedAtMs: row.stored_at.getTime(),
        }),
      );
    },

    async insertVerdict(id, v, digest) {
      await client.query(
        `insert into verdict (id, context, stage, word, body, digest, evaluated_at) values ($1, $2, $3, $4, $5, $6, $7)`,
        [id, v.context, v.stage, v.verdict, JSON.stringify(v), digest, v.evaluatedAt],
      );
    },

    async putCurrent(verdictId, v) {
      await client.query(
        `insert into verdict_current (context, stage, verdict_id, body, evaluated_at, valid_until)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (context, stage) do update set verdict_id = excluded.verdict_id, body = excluded.body,
           evaluated_at = excluded.evaluated_at, valid_until = excluded.valid_until`,
        [v.context, v.stage, verdictId, JSON.stringify(v), v.evaluatedAt, v.validUntil],
      );
    },

    async insertOutbox(message) {
      await client.query(
        'insert into outbox (id, type, payload, created_at) values ($1, $2, $3, $4) on conflict (id) do nothing',
        [message.id, message.type, JSON.stringify(message.payload), new Date(message.createdAtMs)],
      );
    },

    async insertCommand({ id, kind, input, principal, idempotencyKey }, atMs) {
      const { rowCount } = await client.query(
        `insert into command (id, kind, input, principal, idempotency_key, created_at) values ($1, $2, $3, $4, $5, $6)
         on conflict (idempotency_key) do nothing`,
        [id, kind, JSON.stringify(input), principal, idempotencyKey, new Date(atMs)],
      );
      if (rowCount === 1) return id;
      const { rows } = await client.query<{ id: string }>('select id from command where idempotency_key = $1', [
        idempotencyKey,
      ]);
      return rows[0]?.id ?? id;
    },

    insertSelfTest: (round) => insertRound(client, round),

    async lockAuditHead() {
      await client.query('select pg_advisory_xact_lock($1)', [AUDIT_LOCK]);
      const { rows } = await client.query<{ seq: string; hash: string }>(
        'select seq, hash from audit_entry order by seq desc limit 1',
      );
      const head = rows[0];
      return head === undefined ? null : { seq: Number(head.seq), hash: head.hash };
    },

    async insertAudit(r) {
      await client.query(
        `insert into audit_entry (seq, at, principal, action, subject, detail, prev_hash, hash)
         values ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [r.seq, r.at, r.principal, r.action, r.subject, JSON.stringify(r.detail), r.prevHash, r.hash],
      );
    },
  };
}

interface AttemptRow {
  id: string;
  stage: string;
  number: number;
  started_at: Date;
  reason: string;
  opened_by: string;
  criteria_digest: string;
  build: string | null;
}

interface WaiverRow {
  id: string;
  stage: string;
  criterion: string;
  reason: string;
  by: string;
  expires_at: Date;
}

/** A stage of the built-in plan; rows of other plans are left alone. */
function stageId(text: string): StageId | undefined {
  return STAGE_IDS.find((id) => id === text);
}

function byStage<R extends { stage: string }, T>(rows: readonly R[], of: (row: R) => T): Map<StageId, T> {
  const map = new Map<StageId, T>();
  for (const row of rows) {
    const id = stageId(row.stage);
    if (id !== undefined) map.set(id, of(row));
  }
  return map;
}
