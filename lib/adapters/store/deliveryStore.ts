import type { Pool } from 'pg';
import type { SendOutcome } from '../../core/alert/deliveryPlan.ts';
import type { DeliveryStore } from '../../ports/deliveryStore.ts';

interface DueRow {
  id: string;
  type: string;
  payload: unknown;
  created_at: Date;
  attempts: number;
}

/** The outbox in PostgreSQL. Several workers may run it: a taken delivery is leased, and an endpoint is one lane. */
export function deliveryStore(pool: Pool): DeliveryStore {
  return {
    async route(endpoints) {
      await pool.query(
        `with fresh as (
           update outbox set routed_at = now()
           where id in (select id from outbox where routed_at is null order by created_at for update skip locked limit 500)
           returning id, type
         )
         insert into delivery (outbox_id, endpoint, state, next_try_at)
         select fresh.id, e.id, 'pending', now()
         from fresh join unnest($1::text[], $2::text[]) as e (id, types)
           on e.types is null or fresh.type = any (string_to_array(e.types, ','))
         where not exists (select 1 from webhook_endpoint w where w.id = e.id and w.disabled_at is not null)
         on conflict do nothing`,
        [endpoints.map((e) => e.id), endpoints.map((e) => e.types?.join(',') ?? null)],
      );
    },

    async configure(endpointId, configDigest) {
      await pool.query(
        `insert into webhook_endpoint as w (id, config_digest) values ($1, $2)
         on conflict (id) do update set config_digest = excluded.config_digest, disabled_at = null, reason = null
         where w.config_digest is distinct from excluded.config_digest`,
        [endpointId, configDigest],
      );
    },

    async take(endpointId, nowMs, leaseMs) {
      const { rows } = await pool.query<DueRow>(
        `with due as (
           select d.outbox_id from delivery d join outbox o on o.id = d.outbox_id
           where d.endpoint = $1 and d.state = 'pending' and d.next_try_at <= $2
             and not exists (select 1 from webhook_endpoint w where w.id = $1 and w.disabled_at is not null)
           order by o.created_at, o.id limit 1 for update of d skip locked
         ), taken as (
           update delivery d set next_try_at = $3 from due
           where d.outbox_id = due.outbox_id and d.endpoint = $1
           returning d.outbox_id, d.attempts
         )
         select o.id, o.type, o.payload, o.created_at, taken.attempts
         from taken join outbox o on o.id = taken.outbox_id`,
        [endpointId, new Date(nowMs), new Date(nowMs + leaseMs)],
      );
      const [row] = rows;
      if (row === undefined) return null;
      return {
        endpointId,
        attempts: row.attempts,
        message: { id: row.id, type: row.type, timestamp: row.created_at.toISOString(), data: row.payload },
      };
    },

    async record(delivery, outcome, next) {
      await pool.query(
        `update delivery set state = $3, attempts = attempts + 1, next_try_at = $4, last_code = $5, last_error = $6,
           last_ms = $7, delivered_at = case when $3 = 'delivered' then now() end
         where outbox_id = $1 and endpoint = $2`,
        [
          delivery.message.id,
          delivery.endpointId,
          next.state,
          next.nextTryAtMs === null ? null : new Date(next.nextTryAtMs),
          outcome.kind === 'answered' ? outcome.status : null,
          next.reason,
          tookMs(outcome),
        ],
      );
    },

    async disable(endpointId, reason) {
      await pool.query(
        `with ended as (
           insert into webhook_endpoint (id, disabled_at, reason) values ($1, now(), $2)
           on conflict (id) do update set disabled_at = now(), reason = excluded.reason
         )
         update delivery set state = 'disabled', next_try_at = null, last_error = coalesce(last_error, $2)
         where endpoint = $1 and state = 'pending'`,
        [endpointId, reason],
      );
    },

    async health(endpointId) {
      const { rows } = await pool.query<{ disabled: string | null; failing: number; reason: string | null }>(
        `with newest as (
           select d.outbox_id from delivery d join outbox o on o.id = d.outbox_id
           where d.endpoint = $1 and d.attempts > 0 order by o.created_at desc, o.id desc limit 1
         ), failing as (
           select d.last_error, o.created_at from delivery d join outbox o on o.id = d.outbox_id
           where d.endpoint = $1 and d.attempts > 0
             and (d.state = 'pending' or (d.state = 'failed' and d.outbox_id in (select outbox_id from newest)))
         )
         select (select reason from webhook_endpoint where id = $1 and disabled_at is not null) as disabled,
           (select count(*)::int from failing) as failing,
           (select last_error from failing order by created_at desc limit 1) as reason`,
        [endpointId],
      );
      return rows[0] ?? { disabled: null, failing: 0, reason: null };
    },
  };
}

function tookMs(outcome: SendOutcome): number | null {
  return outcome.kind === 'refused' ? null : Math.round(outcome.tookMs);
}
