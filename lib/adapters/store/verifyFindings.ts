import type pg from 'pg';
import type { KeyFinding, VerifyTarget } from '../../ports/verifyStore.ts';

/**
 * Stores findings of keys. A key leaves the open ones only by CLEAN: a proved divergence is then kept as resolved, one
 * that merely was under way is forgotten. What was proved stays DIVERGED until it is CLEAN: a look that could not be
 * settled takes nothing back. One that finds the very same rows, by their transactions, and no other change than was told,
 * or that one delivered again, leaves leg and evidence as they were told: what tells the leg is forgotten after a restart,
 * or for want of memory. Verdicts may be stored long after they were given, and out of order: the later read holds.
 * Rows that an open round of the self-test made wrong are marked with it, and stand apart wherever findings are judged.
 */
export async function storeFindings(
  client: pg.PoolClient,
  run: VerifyTarget & { readonly id: string },
  findings: readonly KeyFinding[],
): Promise<void> {
  if (findings.length === 0) return;
  const { context, table } = run;
  const clean = findings.filter((finding) => finding.verdict === 'CLEAN');
  if (clean.length > 0) {
    const known = `unnest($3::text[], $4::timestamptz[]) as c(key, judged)`;
    const open = `d.context = $1 and d."table" = $2 and d.key = c.key and d.resolved_at is null and d.last_seen_at <= c.judged`;
    const keys = clean.map(({ key }) => key);
    const judged = clean.map(({ judgedAtMs }) => new Date(judgedAtMs).toISOString());
    const values = [context, table, keys, judged];
    await client.query(`delete from divergence d using ${known} where ${open} and not d.detail ? 'provedAt'`, values);
    await client.query(`update divergence d set resolved_at = c.judged, run_id = $5 from ${known} where ${open}`, [
      ...values,
      run.id,
    ]);
  }
  const rest = findings.filter((finding) => finding.verdict !== 'CLEAN');
  if (rest.length === 0) return;
  const judgedAt = ({ judgedAtMs }: KeyFinding) => new Date(judgedAtMs).toISOString();
  const rows = rest.map((finding) => ({
    key: finding.key,
    kind: finding.kind,
    state: finding.verdict,
    leg: finding.leg,
    columns: finding.columns,
    detail: finding.verdict === 'DIVERGED' ? { ...finding.detail, provedAt: judgedAt(finding) } : finding.detail,
    reason: finding.detail.reason ?? '',
    judged: judgedAt(finding),
  }));
  // Two workers may look at one key at once: the lock makes "update, else insert" one step.
  await client.query('select pg_advisory_xact_lock(hashtextextended($1, 8))', [`${context}/${table}`]);
  await client.query(
    `with f as (
       select * from jsonb_to_recordset($3::jsonb)
         as x(key text, kind text, state text, leg text, columns text[], detail jsonb, reason text, judged timestamptz)),
     canary as (
       -- What was read while the row was wrong may be stored when the round has ended.
       select f.key, max(s.id) as id from self_test s join self_test_row r on r.self_test = s.id join f on f.key = r.key
       where s.context = $1 and s."table" = $2 and (s.ended_at is null
         or (s.asked_at > now() - interval '1 day' and f.judged between s.corrupted_at and s.restored_at))
       group by f.key),
     kept as (
       update divergence d set self_test = (select id from canary where canary.key = f.key), last_seen_at = greatest(d.last_seen_at, f.judged),
         run_id = $4
       from f where d.context = $1 and d."table" = $2 and d.key = f.key and d.resolved_at is null
         and f.state = 'DIVERGED' and f.leg = 'unknown' and d.state = 'DIVERGED' and d.leg <> 'unknown'
         and d.detail -> 'owner' is not distinct from f.detail -> 'owner'
         and (f.detail ->> 'offset' is null
           or (f.detail ->> 'offset' = d.detail ->> 'offset' and f.detail -> 'partition' is not distinct from d.detail -> 'partition')
           or (f.detail ->> 'lsn' = d.detail ->> 'lsn' and f.detail ->> 'txid' = d.detail ->> 'txid'))
         and d.detail -> 'writtenBy' = f.detail -> 'writtenBy'
         and d.detail -> 'source' = f.detail -> 'source' and d.detail -> 'target' = f.detail -> 'target'
       returning d.key),
     settled as (
       update divergence d set self_test = (select id from canary where canary.key = f.key), kind = f.kind, state = f.state, leg = f.leg, columns = f.columns,
         last_seen_at = greatest(d.last_seen_at, f.judged), run_id = $4,
         detail = f.detail || case when d.detail ? 'provedAt' then jsonb_build_object('provedAt', d.detail -> 'provedAt') else '{}' end
       from f where d.context = $1 and d."table" = $2 and d.key = f.key and d.resolved_at is null
         and (f.state = 'DIVERGED' or d.state <> 'DIVERGED') and f.key not in (select key from kept)
       returning d.key),
     unsettled as (
       update divergence d set last_seen_at = greatest(d.last_seen_at, f.judged), run_id = $4, detail = d.detail || jsonb_build_object('lastLook', f.reason)
       from f where d.context = $1 and d."table" = $2 and d.key = f.key and d.resolved_at is null
         and f.state <> 'DIVERGED' and d.state = 'DIVERGED'
       returning d.key)
     insert into divergence (context, "table", key, kind, state, leg, columns, detail, first_seen_at, last_seen_at, run_id, self_test)
     select $1, $2, f.key, f.kind, f.state, f.leg, f.columns, f.detail, f.judged, f.judged, $4,
       (select id from canary where canary.key = f.key) from f
     where f.key not in (select key from kept union all select key from settled union all select key from unsettled)
       and not exists (select from divergence d where d.context = $1 and d."table" = $2 and d.key = f.key
         and d.resolved_at > f.judged)
     on conflict (context, "table", key, first_seen_at) do nothing`,
    [context, table, JSON.stringify(rows), run.id],
  );
}
