import { describe, expect, it } from 'vitest';
import { testUrl } from '../../tools/testDatabase.ts';
import { jsonRequest, protobufRequest } from '../adapters/otlp/otlpFixture.ts';
import { openDatabase } from '../adapters/store/database.ts';
import {
  APPLICATION,
  allOf,
  facadeSpans,
  JSON_TYPE,
  jsonOf,
  PROTOBUF,
  postTo,
  receiversSuite,
} from './receiversRig.ts';

const suite = receiversSuite();

describe('counting once', () => {
  it('a repeated request adds nothing', async () => {
    const body = protobufRequest('facade', facadeSpans(20));
    for (let i = 0; i < 3; i += 1) expect((await postTo(suite.receivers, body)).status).toBe(200);
    expect(await suite.rig.counted()).toMatchObject({ ...allOf(20), received: 60, duplicates: 40 });
    expect(suite.receivers.ingest.counts()).toMatchObject({ accepted: 20, duplicates: 40 });
  });

  it('a span repeated within a request adds nothing', async () => {
    const [span] = facadeSpans(1);
    if (span === undefined) throw new Error('no span');
    await postTo(suite.receivers, protobufRequest('facade', [span, span, span]));
    expect(await suite.rig.counted()).toMatchObject({ ...allOf(1), received: 3, duplicates: 2 });
  });

  it('the same spans through two workers, both protocols and any order at once add up once', async () => {
    const other = await suite.rig.start();
    const pieces = Array.from({ length: 30 }, () => facadeSpans(40));
    const sends = pieces.flatMap((piece) => [
      postTo(other, protobufRequest('facade', piece)),
      postTo(suite.receivers, protobufRequest('facade', piece.toReversed()), PROTOBUF),
      postTo(other, jsonRequest('facade', piece), JSON_TYPE),
    ]);
    const replies = await Promise.all(sends);
    expect(replies.map((reply) => reply.status)).toEqual(sends.map(() => 200));
    expect(await suite.rig.counted()).toMatchObject({ ...allOf(1_200), received: 3_600, duplicates: 2_400 });
    await other.stop();
  });

  it('sums, bins and bad counts are those of the spans', async () => {
    const timed = [10n, 49n, 50n, 90n].flatMap((ms) => {
      const startNs = BigInt(Date.now()) * 1_000_000n;
      return facadeSpans(1, { startNs, endNs: startNs + ms * 1_000_000n });
    });
    await postTo(suite.receivers, protobufRequest('facade', timed));
    const { rows } = await suite.rig.pool.query(
      `select indicator, series, cohort, limit_us::int, sum(n)::int as n, sum(bad)::int as bad, sum(sum_us)::int as sum_us
       from kpi_bucket group by 1, 2, 3, 4 order by 1`,
    );
    const key = { series: 'get-inventory', cohort: 'service', n: 4 };
    expect(rows).toEqual([
      { indicator: 'error_rate', ...key, limit_us: 0, bad: 0, sum_us: 0 },
      { indicator: 'latency', ...key, limit_us: 50_000, bad: 2, sum_us: 199_000 },
    ]);
  });
});

describe('the store', () => {
  it('one row that it refuses costs nobody else a span', async () => {
    await suite.rig.pool.query(`alter table span add constraint no_poison check (name <> 'poison')`);
    try {
      const replies = await Promise.all([
        postTo(suite.receivers, jsonRequest('facade', facadeSpans(50)), JSON_TYPE),
        postTo(
          suite.receivers,
          jsonRequest('facade', [...facadeSpans(10), ...facadeSpans(1, { name: 'poison' }), ...facadeSpans(10)]),
          JSON_TYPE,
        ),
        postTo(suite.receivers, jsonRequest('facade', facadeSpans(50)), JSON_TYPE),
      ]);
      const bodies = await Promise.all(replies.map(jsonOf));
      expect(bodies[0]).toEqual({});
      expect(bodies[1]).toMatchObject({ partialSuccess: { rejectedSpans: '1' } });
      expect(bodies[2]).toEqual({});
      expect(await suite.rig.counted()).toMatchObject({ ...allOf(120), received: 121, rejected: 1 });
    } finally {
      await suite.rig.pool.query('alter table span drop constraint no_poison');
    }
  });

  it('down: 503 with Retry-After, and everything is taken when it is back', async () => {
    const admin = await openDatabase({ url: testUrl('postgres'), applicationName: 'admin', migrate: false });
    const name = new URL(suite.rig.url).pathname.slice(1);
    const body = protobufRequest('facade', facadeSpans(30));
    await admin.pool.query(`alter database ${name} allow_connections false`);
    await admin.pool.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
    const refused = await postTo(suite.receivers, body);
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    await admin.pool.query(`alter database ${name} allow_connections true`);
    await admin.close();
    await expect.poll(async () => (await postTo(suite.receivers, body)).status, { timeout: 20_000 }).toBe(200);
    expect(await suite.rig.counted()).toMatchObject(allOf(30));
    expect(suite.receivers.ingest.counts().inFlightBytes).toBe(0);
  });

  it('connections that are cut under load: what was acknowledged is there once, what was not is sent again', async () => {
    const batches = Array.from({ length: 60 }, () => protobufRequest('facade', facadeSpans(25)));
    let refusals = 0;
    const sendUntilTaken = async (body: Buffer): Promise<void> => {
      for (;;) {
        const { status } = await postTo(suite.receivers, body);
        if (status === 200) return;
        expect(status).toBe(503);
        refusals += 1;
      }
    };
    const admin = await openDatabase({ url: testUrl('postgres'), applicationName: 'admin', migrate: false });
    let isSending = true;
    let cuts = 0;
    const cutting = (async () => {
      for (let nextAt = 50; isSending; ) {
        if (suite.receivers.ingest.counts().accepted < nextAt) {
          await new Promise((resume) => setImmediate(resume));
          continue;
        }
        const { rowCount } = await admin.pool.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1 and state <> 'idle'`,
          [APPLICATION],
        );
        if ((rowCount ?? 0) === 0) continue;
        cuts += 1;
        nextAt = suite.receivers.ingest.counts().accepted + 100;
      }
    })();
    for (let i = 0; i < batches.length; i += 6) await Promise.all(batches.slice(i, i + 6).map(sendUntilTaken));
    isSending = false;
    await cutting;
    await admin.close();
    expect(cuts).toBeGreaterThan(3);
    expect(refusals).toBeGreaterThan(0);
    expect(await suite.rig.counted()).toMatchObject(allOf(1_500));
  });

  it('stopping finishes what was accepted', async () => {
    const slow = await suite.rig.start({ limits: { gatherMs: 60_000 } });
    const reply = postTo(slow, protobufRequest('facade', facadeSpans(5)), PROTOBUF);
    await expect.poll(() => slow.ingest.counts().queuedSpans).toBe(5);
    await slow.stop();
    expect((await reply).status).toBe(200);
    expect(await suite.rig.counted()).toMatchObject(allOf(5));
  });
});
