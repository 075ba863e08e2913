import { expect, it } from 'vitest';
import { createTestDatabase } from '../../../tools/testDatabase.ts';
import { openDatabase } from './database.ts';
import { keepRetention } from './retention.ts';

it('deletes what is past its retention and nothing else', async () => {
  const { pool, close } = await openDatabase({
    url: await createTestDatabase('retention'),
    applicationName: 'test',
    migrate: true,
  });
  await pool.query(
    `insert into lag_sample (context, "table", hop, at, lag_ms)
     select 'c', 't', 'apply', now() - make_interval(days => d), 1 from unnest(array[1, 6, 8, 400]) d`,
  );
  await pool.query(
    `insert into verify_run (id, context, "table", mode, state, started_at, mapping_digest)
     values ('old', 'c', 't', 'sweep', 'complete', now() - interval '31 days', ''), ('new', 'c', 't', 'sweep', 'complete', now(), '')`,
  );
  await pool.query(`insert into verify_range (run_id, seq, state) values ('old', 0, 'done'), ('new', 0, 'done')`);
  await pool.query(
    `insert into group_offset (group_id, topic, part, committed_offset, log_start, high_watermark, at)
     select 'g', 't', d, 0, 0, 0, now() - make_interval(days => d) from unnest(array[1, 8]) d`,
  );
  await pool.query(
    `insert into divergence (context, "table", key, kind, state, leg, columns, detail, first_seen_at, last_seen_at, resolved_at)
     select 'c', 't', key, 'missing', 'DIVERGED', 'apply', '{}', '{}', now() - interval '400 days', now(), now() - kept
     from (values ('open', null), ('resolved lately', interval '89 days'), ('resolved long ago', interval '91 days')) d (key, kept)`,
  );
  await pool.query(
    `insert into outbox (id, type, payload, created_at, routed_at)
     select id, 't', '{}', now() - make_interval(days => days), case when id <> 'unrouted' then now() end
     from (values ('delivered', 31), ('failed', 31), ('pending', 31), ('unrouted', 31), ('to nobody', 31), ('new', 29)) o (id, days)`,
  );
  await pool.query(
    `insert into delivery (outbox_id, endpoint, state)
     values ('delivered', 'a', 'delivered'), ('failed', 'a', 'failed'), ('pending', 'a', 'delivered'),
       ('pending', 'b', 'pending'), ('new', 'a', 'delivered')`,
  );
  await pool.query(
    `insert into pending_apply (context, series, topic, part, first_offset, last_offset, offsets, source_ts_us, total, written_at)
     select 'c', 's', 't', d, 1, 1, '{1}', '{1}', 1, now() - make_interval(days => d) from unnest(array[6, 8]) d`,
  );
  await keepRetention(pool);
  const kept = async (sql: string) => (await pool.query<{ kept: string }>(sql)).rows.map((row) => row.kept);
  expect(await kept('select part::text as kept from group_offset')).toEqual(['1']);
  expect(await kept('select part::text as kept from pending_apply')).toEqual(['6']);
  expect(await kept('select key as kept from divergence order by 1')).toEqual(['open', 'resolved lately']);
  expect(await kept('select id as kept from outbox order by 1')).toEqual(['new', 'pending', 'unrouted']);
  expect(await kept(`select outbox_id || ' ' || endpoint as kept from delivery order by 1`)).toEqual([
    'new a',
    'pending b',
  ]);
  const samples = await pool.query('select extract(day from now() - at)::int as days from lag_sample order by at desc');
  expect(samples.rows).toEqual([{ days: 1 }, { days: 6 }]);
  expect((await pool.query('select run_id from verify_range')).rows).toEqual([{ run_id: 'new' }]);
  await close();
});
