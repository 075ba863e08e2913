import { afterEach, beforeEach, expect, it } from 'vitest';
import { STOCK, type StillTables, stillTables } from '../../tools/stillTables.ts';
import { StoredSettledOffsets } from '../adapters/store/settledOffsets.ts';
import type { SettledOffset, SettledOffsets } from '../ports/settledOffsets.ts';
import type { VerifiedTable } from './verifiedTable.ts';
import { verifyTable } from './verifyTable.ts';

// Who judges the keys that changed while a pass ran: those who follow the changes, or the pass itself.
let tables: StillTables;
let table: VerifiedTable;
let judged: string[];
beforeEach(async () => {
  tables = await stillTables(300);
  table = tables.worker({ patienceMs: 100, tries: 1 });
  judged = [];
  const { keyReader } = table;
  table = {
    ...table,
    keyReader: {
      ...bound(keyReader),
      read: (side, keys) => {
        if (side === 'source') judged.push(...keys);
        return keyReader.read(side, keys);
      },
    },
  };
});
afterEach(() => tables.close());

const TOPIC = STOCK.topic;

/** An object with the methods of another. */
function bound(reader: VerifiedTable['keyReader']): VerifiedTable['keyReader'] {
  return {
    read: reader.read.bind(reader),
    canonicalKeys: (keys) => reader.canonicalKeys(keys),
    applied: reader.applied.bind(reader),
    transactionId: reader.transactionId.bind(reader),
    images: reader.images.bind(reader),
    keyProblem: reader.keyProblem.bind(reader),
  };
}

/** Brings an event of a key into the window, as a change that comes while ranges are compared. */
function change(key: string): void {
  const end = table.forward.window.partition(0)?.end ?? 0n;
  const value = {
    op: 'd',
    before: { item_id: Number(key) },
    after: null,
    source: { lsn: 1, txId: 1, ts_us: 1, sequence: '["1","1"]' },
    ts_ms: 1,
  };
  table.forward.window.add({
    topic: TOPIC,
    partition: 0,
    readFrom: end,
    nextOffset: end + 1n,
    highWatermark: end + 1n,
    records: [
      {
        offset: end,
        timestampMs: 1,
        key: Buffer.from(JSON.stringify({ item_id: Number(key) })),
        value: Buffer.from(JSON.stringify(value)),
        headers: {},
      },
    ],
  });
}

async function pass(settled?: SettledOffsets) {
  let changed = false;
  const outcome = await verifyTable(table, 'worker', new AbortController().signal, {
    ...(settled === undefined ? {} : { settled }),
    progress: () => {
      if (!changed) change('42');
      changed = true;
    },
  });
  if (outcome.state !== 'complete') throw new Error(outcome.state);
  return outcome.counts;
}

async function openKeys(): Promise<string[]> {
  const { rows } = await tables.store.pool.query('select key from divergence where resolved_at is null');
  return rows.map(({ key }) => key);
}

const at = (nextOffset: bigint, skipped = 0n): SettledOffset[] => [{ topic: TOPIC, part: 0, nextOffset, skipped }];

it('nobody follows the changes: the pass judges the keys that changed, and no other', async () => {
  await pass();
  expect([...new Set(judged)]).toEqual(['42']);
});

it('the pass waits until those who follow are past its end, and leaves the keys to them', async () => {
  let asked = 0;
  const counts = await pass({
    settled: async () => {
      asked += 1;
      return at(asked < 4 ? 0n : 1n);
    },
  });
  expect(asked).toBe(4);
  expect(judged).toEqual([]);
  expect(counts.endOffsets).toEqual([{ topic: TOPIC, part: 0, nextOffset: 1n }]);
});

it('a row that was mended leaves the list before the changes of others are settled', async () => {
  await tables.target.query('update stock_level set quantity = quantity + 1 where item_id = 7');
  await pass();
  expect(await openKeys()).toContain('7');
  judged = [];
  await tables.target.query('update stock_level set quantity = quantity - 1 where item_id = 7');
  let openWhileWaiting: string[] | null = null;
  await pass({
    settled: async () => {
      if (!judged.includes('7')) return at(0n);
      openWhileWaiting ??= await openKeys();
      return at(2n);
    },
  });
  expect(openWhileWaiting).not.toContain('7');
  expect(openWhileWaiting).not.toBeNull();
});

it.each([
  ['keys were skipped meanwhile', (asked: number) => at(1n, asked < 2 ? 0n : 1n)],
  ['those who followed have gone', (asked: number) => (asked < 2 ? at(0n) : null)],
])('%s: the pass judges the keys itself', async (_, answer) => {
  let asked = 0;
  await pass({
    settled: async () => {
      asked += 1;
      return answer(asked);
    },
  });
  expect([...new Set(judged)]).toEqual(['42']);
});

it('changes that are held nowhere any more make it no clean pass', async () => {
  const { window } = table.forward;
  const since = window.since.bind(window);
  window.since = () => null;
  const counts = await pass();
  window.since = since;
  expect(counts).toMatchObject({ cleanPass: false, notCleanBecause: expect.stringContaining('are not held') });
});

it('a record that neither the window nor the ingest could read makes it no clean pass', async () => {
  const { pool } = tables.store;
  const { store } = table;
  table.store.positions = async () => [{ part: 0, nextOffset: 100n }];
  const { window } = table.forward;
  window.since = () => null;
  await pool.query(
    `insert into dead_letter (topic, part, "offset", reason, detail, timestamp_ms, size_bytes, sha256)
     values ($1, 0, 0, 'json', 'garbage', 1, 7, '')`,
    [TOPIC],
  );
  expect(
    await store.deadSince([{ topic: TOPIC, part: 0, nextOffset: 1n }], [{ topic: TOPIC, part: 0, nextOffset: 9n }]),
  ).toBeNull();
  expect(await pass()).toMatchObject({ cleanPass: false, notCleanBecause: expect.stringContaining('are not held') });
});

it('a partition that others follow and that is not read here makes it no clean pass', async () => {
  const other = { topic: TOPIC, part: 1, nextOffset: 5n, skipped: 0n };
  const counts = await pass({ settled: async () => [...at(1n), other] });
  expect(counts).toMatchObject({ cleanPass: false, notCleanBecause: expect.stringContaining('partition 1') });
});

it('a pass that reads no partition is not taken as settled by others', async () => {
  Object.defineProperty(table.forward.window, 'ends', { get: () => new Map() });
  const counts = await pass({ settled: async () => at(1n) });
  expect(counts).toMatchObject({ cleanPass: false, notCleanBecause: expect.stringContaining('no partition') });
});

it('the store says how far continuous verification is, and nothing of a worker that is gone', async () => {
  const offsets = new StoredSettledOffsets(tables.store.pool);
  expect(await offsets.settled(table)).toBeNull();
  await tables.store.pool.query(
    `insert into verify_partition (context, "table", topic, part, owner, leased_until, verified_offset, skipped)
     values ('inventory', 'stock', $1, 0, 'w', now() + interval '1 min', 7, 2)`,
    [TOPIC],
  );
  expect(await offsets.settled(table)).toEqual(at(7n, 2n));
  await tables.store.pool.query(`update verify_partition set leased_until = now() - interval '1 s'`);
  expect(await offsets.settled(table)).toBeNull();
});
