import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { scenarioEstate, WATCHED_TARGET } from '../../tools/scenarios/scenarioEstate.ts';
import { patiently } from '../../tools/verifyRig/patiently.ts';
import { type RigBanyan, startRigBanyan, writeRigConfig } from '../../tools/verifyRig/rigBanyan.ts';
import { CONTEXT, type RigSelfTest, TABLE } from '../../tools/verifyRig/rigConfig.ts';
import { startRigWorker } from '../../tools/verifyRig/rigWorker.ts';
import type { VerifyRig, VerifyRigOptions } from '../../tools/verifyRig/verifyRig.ts';
import { readPassFacts } from '../adapters/store/passFacts.ts';
import { StoredSelfTests } from '../adapters/store/selfTestStore.ts';
import { tallyCanaries } from '../core/consistency/selfTest.ts';
import type { SelfTestRound } from '../ports/selfTestStore.ts';
import { canaryResults } from './canaryResults.ts';

const estate = scenarioEstate('embedded');
/** Five rows that nobody writes, and a key that no side has. */
const KEYS = ['950', '951', '952', '953', '954', '99999'];

interface Tested {
  readonly rig: VerifyRig;
  readonly banyan: RigBanyan;
  readonly store: StoredSelfTests;
}

async function begin(
  selfTest: Partial<RigSelfTest> = {},
  options: Partial<VerifyRigOptions> = { back: WATCHED_TARGET },
): Promise<Tested> {
  const rig = await estate.rig(options);
  const banyan = await startRigBanyan(rig, { keys: KEYS, patience: '60s', ...selfTest });
  estate.afterTest(() => banyan.stop());
  await banyan.verdicts.passes(1);
  return { rig, banyan, store: new StoredSelfTests(rig.store.pool) };
}

async function ask(store: StoredSelfTests): Promise<string> {
  const id = randomUUID();
  const asked = await store.ask({ id, context: CONTEXT, table: TABLE, askedBy: 'test', askedAtMs: Date.now() });
  expect(asked).toBe(true);
  return id;
}

const newest = async (store: StoredSelfTests): Promise<SelfTestRound | undefined> =>
  (await store.rounds(CONTEXT, 1))[0];

function ended(store: StoredSelfTests, id: string): Promise<SelfTestRound> {
  return patiently('the end of the round', async () => {
    const round = await newest(store);
    return round?.id === id && round.endedAtMs !== null ? round : undefined;
  });
}

const stockOf = async ({ target }: VerifyRig) =>
  (await target.pool.query('select t::text as row from stock_level t order by item_id')).rows.map(({ row }) => row);

const tallyOf = (round: SelfTestRound, writesSeen = true) => tallyCanaries(canaryResults(round), writesSeen);

it('finds each canary, says what was done to it, and puts every row back exactly', async () => {
  const { rig, banyan, store } = await begin();
  const before = await stockOf(rig);
  const round = await ended(store, await ask(store));
  expect(round.failure).toBeNull();
  expect(round.canaries.map(({ change }) => change).toSorted()).toEqual([
    'extra',
    'missing',
    'null_value',
    'swapped',
    'swapped',
    'wrong_value',
  ]);
  expect(tallyOf(round)).toMatchObject({ planted: 6, found: 6, missed: 0, described: 6, legRight: 6 });
  expect(round.others).toEqual([]);
  expect(round.canaries.map(({ outcome }) => outcome)).toEqual(KEYS.map(() => 'restored'));
  expect(await stockOf(rig)).toEqual(before);
  expect(await banyan.verdicts.open()).toEqual([]);
  const copies = await rig.store.pool.query(
    'select from self_test_row where original is not null or planted is not null',
  );
  expect(copies.rowCount).toBe(0);
});

it('does the same by sweeps alone, where the hand that wrote the row can not be told', async () => {
  const { rig, store } = await begin({}, {});
  const before = await stockOf(rig);
  const round = await ended(store, await ask(store));
  expect(tallyOf(round, false)).toMatchObject({ planted: 6, found: 6, described: 6, legRight: 6 });
  expect(await stockOf(rig)).toEqual(before);
});
