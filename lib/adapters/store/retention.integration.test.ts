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
  await keepRetention(pool);
  const samples = await pool.query('select extract(day from now() - at)::int as days from lag_sample order by at desc');
  expect(samples.rows).toEqual([{ days: 1 }, { days: 6 }]);
  expect((await pool.query('select run_id from verify_range')).rows).toEqual([{ run_id: 'new' }]);
  await close();
});
