import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type StillTables, stillTables, watchedStore } from '../../tools/stillTables.ts';
import type { RowVerdict } from '../core/consistency/rowVerdict.ts';
import type { KeyFinding } from '../ports/verifyStore.ts';
import { verifyTable } from './verifyTable.ts';

let tables: StillTables;
beforeEach(async () => {
  tables = await stillTables(450);
});
afterEach(() => tables.close());

const pass = (table = tables.worker(), ports = {}) =>
  verifyTable(table, 'worker', new AbortController().signal, { facts: tables.facts, ...ports });

describe('a range with far more rows on the target', () => {
  it('stores what it finds little by little, and counts it once however often it is begun again', async () => {
    await tables.target.query(
      `insert into stock_level select i, 'extra', 1, 1, '2026-01-01' from generate_series(1001, 2000) i`,
    );
    let stored = 0;
    const dying = tables.worker({ keysAtOnce: 100 }, (store) =>
      watchedStore(store, async (name, call) => {
        if (name === 'storeFindings') stored += 1;
        if (stored === 3) throw new Error('killed');
        return call();
      }),
    );
    await expect(pass(dying)).rejects.toThrow('killed');
    const table = tables.worker({ keysAtOnce: 100 });
    expect((await table.store.openKeys(table, null, 5_000)).length).toBeGreaterThanOrEqual(200);
    expect(await pass(table)).toMatchObject({ state: 'complete', counts: { diverged: 1_000n } });
  });
});

describe('verdicts that are stored later than they were given', () => {
  const found = (verdict: RowVerdict, judgedAtMs: number): KeyFinding => {
    return { key: '7', verdict, judgedAtMs, kind: 'different', leg: 'unknown', columns: [], detail: {} };
  };
  it.each([
    [
      'a clean look resolves what was seen before it',
      [
        ['DIVERGED', 1_000],
        ['CLEAN', 2_000],
      ],
      [],
    ],
    [
      'a clean look resolves nothing that was seen after it',
      [
        ['DIVERGED', 2_000],
        ['CLEAN', 1_000],
      ],
      ['7'],
    ],
    [
      'nor is opened again what was mended since',
      [
        ['DIVERGED', 1_000],
        ['CLEAN', 3_000],
        ['DIVERGED', 2_000],
      ],
      [],
    ],
    [
      'what diverges after it was clean is open',
      [
        ['DIVERGED', 1_000],
        ['CLEAN', 2_000],
        ['DIVERGED', 3_000],
      ],
      ['7'],
    ],
  ] as const)('%s', async (_, told, open) => {
    const { store } = tables.worker();
    const run = { context: 'inventory', table: 'stock', id: 'run', resumed: false, startOffsets: [] };
    for (const [verdict, atMs] of told) await store.storeFindings(run, [found(verdict, atMs)]);
    expect(await store.openKeys(run, null, 10)).toEqual(open);
  });
});

describe('the leg of a divergence', () => {
  const seen = (judgedAtMs: number, leg: KeyFinding['leg'], more: Record<string, unknown> = {}): KeyFinding => ({
    key: '7',
    verdict: 'DIVERGED',
    judgedAtMs,
    kind: 'different',
    leg,
    columns: ['qty'],
    detail: {
      reason: `as seen at ${judgedAtMs}`,
      source: { qty: '0' },
      target: { qty: '1' },
      writtenBy: ['90', '91'],
      offset: leg === 'unknown' ? null : '40',
      ...more,
    },
  });
  const clean = (judgedAtMs: number): KeyFinding => ({ ...seen(judgedAtMs, 'unknown'), verdict: 'CLEAN' });
  it.each([
    [
      'stays as it was told where a look has no events of it',
      [seen(1, 'rogue_write'), seen(2, 'unknown')],
      'rogue_write',
      1,
    ],
    [
      'stays where the same change is held again, and not what was before it',
      [seen(1, 'apply'), seen(2, 'unknown', { offset: '40' })],
      'apply',
      1,
    ],
    [
      'stays where that change was delivered again, and the first delivery is not held',
      [seen(1, 'apply', { lsn: '0/9A', txid: '90' }), seen(2, 'unknown', { offset: '90', lsn: '0/9A', txid: '90' })],
      'apply',
      1,
    ],
    ['is told as soon as a look can', [seen(1, 'unknown'), seen(2, 'transport')], 'transport', 2],
    ['is another one where a look tells another', [seen(1, 'transport'), seen(2, 'apply')], 'apply', 2],
    [
      'says nothing of a later change that is held',
      [seen(1, 'transport'), seen(2, 'unknown', { offset: '90' })],
      'unknown',
      2,
    ],
    [
      'nor of a later one of the same transaction',
      [
        seen(1, 'transport', { lsn: '0/9A', txid: '90' }),
        seen(2, 'unknown', { offset: '90', lsn: '0/9C', txid: '90' }),
      ],
      'unknown',
      2,
    ],
    [
      'nor of one at the same place of another log',
      [
        seen(1, 'transport', { lsn: '0/9A', txid: '90' }),
        seen(2, 'unknown', { offset: '90', lsn: '0/9A', txid: '91' }),
      ],
      'unknown',
      2,
    ],
    [
      'nor of one at the same offset of another partition',
      [seen(1, 'transport', { partition: 0 }), seen(2, 'unknown', { offset: '40', partition: 1 })],
      'unknown',
      2,
    ],
    [
      'nor where the row has another owner now',
      [seen(1, 'transport', { owner: 'source' }), seen(2, 'unknown', { owner: 'target' })],
      'unknown',
      2,
    ],
    [
      'says nothing of a target that was written since',
      [seen(1, 'transport'), seen(2, 'unknown', { writtenBy: ['90', '99'] })],
      'unknown',
      2,
    ],
    [
      'says nothing of other values, where no table tells who wrote them',
      [
        seen(1, 'transport', { writtenBy: [null, null] }),
        seen(2, 'unknown', { writtenBy: [null, null], target: { qty: '2' } }),
      ],
      'unknown',
      2,
    ],
    ['says nothing of a row that was clean since', [seen(1, 'transport'), clean(2), seen(3, 'unknown')], 'unknown', 3],
  ] as const)('%s', async (_, looks, leg, toldAt) => {
    const { store } = tables.worker();
    const run = { context: 'inventory', table: 'stock', id: 'run', resumed: false, startOffsets: [] };
    for (const look of looks) await store.storeFindings(run, [look]);
    const open = await tables.store.pool.query(
      `select leg, detail ->> 'reason' as reason from divergence where resolved_at is null`,
    );
    expect(open.rows).toEqual([{ leg, reason: `as seen at ${toldAt}` }]);
  });
});
