import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pipelineMapping, quiet, startTestPipeline, type TestPipeline } from '../../tools/testPipeline.ts';
import { commandStore } from '../adapters/store/commandStore.ts';
import { createReadStore } from '../adapters/store/readStore.ts';
import { verdictStore } from '../adapters/store/verdictStore.ts';
import { askRecheck } from './askRecheck.ts';
import { readCommand } from './read/readCommand.ts';
import { recheckCommand } from './recheckCommand.ts';
import { LOCAL_OPERATOR } from './requireRole.ts';
import { runCommands } from './runCommands.ts';
import type { VerifiedTable } from './verifiedTable.ts';

const ITEMS = 30;
const clock = { nowMs: Date.now };

let pipeline: TestPipeline;
let table: VerifiedTable;

beforeEach(async () => {
  pipeline = await startTestPipeline(ITEMS);
  table = await pipeline.table({ patienceMs: 10_000 });
  const migration = {
    id: 'acme',
    name: 'Acme shop',
    contexts: [{ id: 'inventory', name: 'Inventory', tables: [pipelineMapping()] }],
  };
  await pipeline.store.pool.query('insert into config_snapshot values ($1, $2, now())', ['sha256:1', migration]);
});
afterEach(() => pipeline.close());

/** Asks as a person does, runs as a worker does, and reads the answer as the page does. */
async function recheck(keys: readonly string[], tables: readonly VerifiedTable[] = [table]) {
  const { pool } = pipeline.store;
  const reading = { store: createReadStore(pool), clock };
  const deps = { store: verdictStore(pool), clock, ids: { next: randomUUID } };
  const asked = { context: 'inventory', table: 'inventory', keys, idempotencyKey: null };
  const id = await askRecheck(reading, deps, LOCAL_OPERATOR, asked);
  const store = commandStore(pool);
  const handlers = [recheckCommand({ tables, store })];
  await runCommands({ store, handlers, owner: 'worker', logger: quiet }, new AbortController().signal);
  return (await readCommand(reading, LOCAL_OPERATOR, id)).result;
}

/** Asks again while the answer is that capture, or the applier, is not there yet: on a busy machine that takes its time. */
async function settled(keys: readonly string[]): Promise<unknown> {
  const deadlineMs = Date.now() + 60_000;
  let result = await recheck(keys);
  while (JSON.stringify(result).includes('"PENDING"') && Date.now() < deadlineMs) result = await recheck(keys);
  return result;
}

const rogueWrite = (quantity: number, key: number) =>
  pipeline.target.query('update stock_level set quantity = $1 where item_id = $2', [quantity, key]);

describe('a recheck', () => {
  it('finds exactly the row that was written by hand, and stores it where a pass would', async () => {
    await rogueWrite(55, 7);
    expect(await settled(['7', '8', '9'])).toMatchObject({
      outcome: 'done',
      findings: [
        { key: '7', verdict: 'DIVERGED', kind: 'different', columns: ['quantity'] },
        { key: '8', verdict: 'CLEAN' },
        { key: '9', verdict: 'CLEAN' },
      ],
    });
    expect(Object.keys(await pipeline.findings())).toEqual(['7']);
  });

  it('finds the row however its key is written, and once', async () => {
    await rogueWrite(55, 7);
    const findings = [{ key: '7', verdict: 'DIVERGED' }];
    for (const keys of [['07'], ['7', '007', ' 7']]) {
      const result = await settled(keys);
      expect(result).toMatchObject({ outcome: 'done', findings });
    }
    expect(Object.keys(await pipeline.findings())).toEqual(['7']);
  });

  it('takes a row back once it was mended', async () => {
    await rogueWrite(55, 7);
    await settled(['7']);
    expect(Object.keys(await pipeline.findings())).toEqual(['7']);
    await rogueWrite(100, 7);
    expect(await settled(['7'])).toMatchObject({ outcome: 'done', findings: [{ key: '7', verdict: 'CLEAN' }] });
    expect(await pipeline.findings()).toEqual({});
  });

  it('says of a key that neither side has that both are the same', async () => {
    expect(await settled(['999'])).toMatchObject({ outcome: 'done', findings: [{ key: '999', verdict: 'CLEAN' }] });
  });

  it('is refused for a key with a NUL', async () => {
    await expect(recheck(['7\0'])).rejects.toMatchObject({ code: 'bad_input' });
  });

  it.each([
    ['a key that is no value of its column', ['seven'], true],
    ['a table that the worker does not verify', ['7'], false],
  ])('fails with a reason for %s, and stores nothing', async (_name, keys, known) => {
    expect(await recheck(keys, known ? [table] : [])).toMatchObject({ outcome: 'failed', detail: expect.any(String) });
    expect(await pipeline.findings()).toEqual({});
  });
});
