import { describe, expect, it } from 'vitest';
import { ingestBench } from '../../tools/ingestBench.ts';
import { CDC_TOPIC, counters, envelope, observed, until } from '../../tools/ingestRig.ts';
import { openDatabase } from '../adapters/store/database.ts';
import type { FactStore } from '../ports/factStore.ts';

const bench = ingestBench();

describe('faults of the store', () => {
  const outcomes: [
    what: string,
    fault: (store: FactStore, batch: Parameters<FactStore['commit']>[0]) => Promise<never>,
  ][] = [
    [
      'the commit happened, and the answer was lost',
      async (store, batch) => {
        await store.commit(batch);
        throw new Error('socket closed');
      },
    ],
    [
      'the commit did not happen',
      async () => {
        throw new Error('socket closed');
      },
    ],
  ];
  it.each(outcomes)('%s: it reads where the store stands and goes on', async (_what, fault) => {
    await bench.sendChanges(300);
    let commits = 0;
    bench.start('a', (store) => ({
      claim: (...args) => store.claim(...args),
      reread: (...args) => store.reread(...args),
      setStopped: (...args) => store.setStopped(...args),
      noteWatermarks: (...args) => store.noteWatermarks(...args),
      commit: (batch) => {
        commits += 1;
        return commits % 2 === 1 ? fault(store, batch) : store.commit(batch);
      },
    }));
    await bench.sendChanges(300);
    await until('all is counted', async () => (await counters(bench.database, CDC_TOPIC)).counted === 600);
    expect(await observed(bench.database)).toBe(600);
    expect(commits).toBeGreaterThan(2);
  });

  it('connections that die at any moment change no count', async () => {
    bench.start('a');
    const sending = (async () => {
      for (let round = 0; round < 10; round += 1) await bench.sendChanges(100);
    })();
    const killer = await openDatabase({
      url: bench.database.pool.options.connectionString ?? '',
      applicationName: 'killer',
      migrate: false,
    });
    for (let round = 0; round < 15; round += 1) {
      await killer.pool.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'test'`,
      );
      await new Promise((resolve) => setTimeout(resolve, 20 + 13 * (round % 5)));
    }
    await killer.close();
    await sending;
    await until(
      'all is counted',
      async () => (await counters(bench.database, CDC_TOPIC).catch(() => null))?.counted === 1_000,
    );
    expect(await observed(bench.database)).toBe(1_000);
  });

  it('a zombie that wakes in the middle of its commit writes nothing after it was fenced', async () => {
    const frozen = Promise.withResolvers<void>();
    const thaw = Promise.withResolvers<void>();
    const results: string[] = [];
    const zombie = bench.start('zombie', (store) => ({
      claim: (...args) => store.claim(...args),
      reread: (...args) => store.reread(...args),
      setStopped: (...args) => store.setStopped(...args),
      noteWatermarks: (...args) => store.noteWatermarks(...args),
      async commit(batch) {
        frozen.resolve();
        await thaw.promise;
        const result = await store.commit(batch);
        results.push(result.kind);
        return result;
      },
    }));
    await bench.sendChanges(90);
    await frozen.promise;
    const rescue = bench.stop(zombie);
    bench.start('other');
    await until('the other has counted all', async () => (await counters(bench.database, CDC_TOPIC)).counted === 90);
    thaw.resolve();
    await rescue;
    expect(new Set(results)).toEqual(new Set(['fenced']));
    expect(await observed(bench.database)).toBe(90);
  });
});

describe('records that the store can not hold', () => {
  it('become dead letters with the reason of the store, and all others are counted', async () => {
    const messages = Array.from({ length: 40 }, (_, index) => {
      const value = envelope(index, index, bench.nextLsn());
      const refused = index === 7 || index === 31;
      return {
        partition: 0,
        key: null,
        value: refused ? value.replace(/\\"(\d+)\\"\]/, '\\"10000000000000000000\\"]') : value,
      };
    });
    await bench.kafka.producer.send({ topic: CDC_TOPIC, messages });
    const { reports } = bench.start('a');
    await until('all is received', async () => (await counters(bench.database, CDC_TOPIC)).received === 40);
    expect(await counters(bench.database, CDC_TOPIC)).toEqual({ received: 40, counted: 38, duplicates: 0, dead: 2 });
    expect(await observed(bench.database)).toBe(38);
    const dead = await bench.database.prisma.deadLetter.findMany({ orderBy: { offset: 'asc' } });
    expect(dead.map(({ offset, reason }) => [offset, reason])).toEqual([
      [7n, 'store'],
      [31n, 'store'],
    ]);
    expect(dead[0]?.detail).toMatch(/"10000000000000000000" is out of range for type bigint/);
    expect(reports.get('kafka')?.state).not.toBe('down');
  });

  it('an event of another age and one with an endless id are dead letters before they reach the store', async () => {
    const headers = { 'correlation-id': 'o1', 'message-id': 'm1', type: 'OrderPlaced', saga: 'place-order' };
    await bench.kafka.producer.send({
      topic: 'shop.orders',
      messages: [
        { partition: 0, value: '{}', headers: { ...headers, 'message-id': 'x'.repeat(3_000) } },
        { partition: 0, value: '{}', headers: { ...headers, 'occurred-at': '1066-10-14T00:00:00Z' } },
        { partition: 0, value: '{}', headers, timestamp: '9223372036854775807' },
        { partition: 0, value: '{}', headers },
      ],
    });
    bench.start('a');
    await until('all is received', async () => (await counters(bench.database, 'shop.orders')).received === 4);
    expect(await counters(bench.database, 'shop.orders')).toMatchObject({ counted: 1, dead: 3 });
    const dead = await bench.database.prisma.deadLetter.findMany({ orderBy: { offset: 'asc' } });
    expect(dead.map(({ reason }) => reason)).toEqual(['saga', 'saga', 'bounds']);
  });
});
