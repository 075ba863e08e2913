import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { RESERVED, scenarioEstate, WATCHED_TARGET } from '../../tools/scenarios/scenarioEstate.ts';
import { patiently } from '../../tools/verifyRig/patiently.ts';
import { PersistTrap, type TrapPlace } from '../../tools/verifyRig/persistTrap.ts';
import { type RigBanyan, startRigBanyan, writeRigConfig } from '../../tools/verifyRig/rigBanyan.ts';
import { CONTEXT, type RigConfigOptions, type RigSelfTest, TABLE } from '../../tools/verifyRig/rigConfig.ts';
import { RigVerdicts } from '../../tools/verifyRig/rigVerdicts.ts';
import { startRigWorker } from '../../tools/verifyRig/rigWorker.ts';
import type { VerifyRig } from '../../tools/verifyRig/verifyRig.ts';
import { evidenceStore } from '../adapters/store/evidenceStore.ts';
import { readPassFacts } from '../adapters/store/passFacts.ts';
import { StoredPasses } from '../adapters/store/passReader.ts';
import { createReadStore } from '../adapters/store/readStore.ts';
import { StoredSelfTests } from '../adapters/store/selfTestStore.ts';
import { tallyCanaries } from '../core/consistency/selfTest.ts';
import type { SelfTestRound } from '../ports/selfTestStore.ts';
import { canaryResults } from './canaryResults.ts';

const estate = scenarioEstate('embedded');
/** Five rows that nobody writes, and a key that no side has. */
const KEYS = ['950', '951', '952', '953', '954', '99999'];
const NEVER = '1h';

interface Tested {
  readonly rig: VerifyRig;
  readonly banyan: RigBanyan;
  readonly store: StoredSelfTests;
}

interface BeginOptions extends Pick<RigConfigOptions, 'every'> {
  readonly selfTest?: Partial<RigSelfTest>;
  /** True if the target's own changes are captured: a hand that writes there is seen at once. */
  readonly watched?: boolean;
}

const configOf = ({ selfTest, every }: BeginOptions): RigConfigOptions => ({
  selfTest: { keys: KEYS, patience: '60s', ...selfTest },
  ...(every === undefined ? {} : { every }),
});

const rigOf = ({ watched = true }: BeginOptions) => estate.rig(watched ? { back: WATCHED_TARGET } : {});

async function begin(options: BeginOptions = {}): Promise<Tested> {
  const rig = await rigOf(options);
  const banyan = await startRigBanyan(rig, configOf(options));
  estate.afterTest(() => banyan.stop());
  await compared(rig, banyan.verdicts);
  return { rig, banyan, store: new StoredSelfTests(rig.store.pool) };
}

/** Resolves when a pass is complete, and the rows of the first copy were judged as changes too. */
async function compared(rig: VerifyRig, verdicts: RigVerdicts): Promise<void> {
  const ends = await rig.ends();
  await patiently('all compared', async () => {
    const { rows } = await rig.store.pool.query(
      'select part, verified_offset::text as next from verify_partition where topic = $1',
      [rig.forward.topic],
    );
    const next = new Map(rows.map((row) => [row.part, BigInt(row.next)]));
    const judged = [...ends].every(([part, end]) => (next.get(part) ?? 0n) >= end);
    return judged && (await verdicts.rowsCompared()) > 0 ? true : undefined;
  });
}

async function ask(store: StoredSelfTests): Promise<string> {
  const id = randomUUID();
  const asked = await store.ask({ id, context: CONTEXT, table: TABLE, askedBy: 'test', askedAtMs: Date.now() });
  expect(asked).toBe(true);
  return id;
}

const roundOf = async (store: StoredSelfTests, id: string): Promise<SelfTestRound | undefined> =>
  (await store.rounds(CONTEXT, 10)).find((round) => round.id === id);

function ended(store: StoredSelfTests, id: string): Promise<SelfTestRound> {
  return patiently('the end of the round', async () => {
    const round = await roundOf(store, id);
    return round === undefined || round.endedAtMs === null ? undefined : round;
  });
}

/** Resolves when every canary but this one was found. */
function foundBut(store: StoredSelfTests, id: string, key: string): Promise<true> {
  return patiently(`all found but ${key}`, async () => {
    const canaries = (await roundOf(store, id))?.canaries ?? [];
    return canaries.length > 0 && canaries.every((canary) => (canary.key === key) === (canary.found === null))
      ? true
      : undefined;
  });
}

const stockOf = async ({ target }: VerifyRig) =>
  (await target.pool.query('select t::text as row from stock_level t order by item_id')).rows.map(({ row }) => row);

const tallyOf = (round: SelfTestRound, writesSeen = true) => tallyCanaries(canaryResults(round), writesSeen);

/** The verifier's findings on this key are lost on their way into the store, until the returned function is called. */
async function blindTo({ store }: VerifyRig, key: string): Promise<() => Promise<unknown>> {
  await store.pool.query(`create function blind() returns trigger language plpgsql as $$ begin return null; end $$;
    create trigger blind before insert on divergence for each row when (new.key = '${key}') execute function blind()`);
  return () => store.pool.query('drop trigger blind on divergence');
}

describe('a round', { timeout: 300_000 }, () => {
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
      'select from self_test_row where coalesce(original, planted) is not null',
    );
    expect(copies.rowCount).toBe(0);
  });

  it('does the same by sweeps alone, where the hand that wrote the rows can not be told', async () => {
    const { rig, store } = await begin({ watched: false });
    const before = await stockOf(rig);
    const round = await ended(store, await ask(store));
    expect(tallyOf(round, false)).toMatchObject({ planted: 6, found: 6, described: 6, legRight: 6 });
    expect(await stockOf(rig)).toEqual(before);
  });

  it('tells what is missed: no sweep comes in time, and no change is seen', async () => {
    const options = { watched: false, every: NEVER, selfTest: { patience: '1500ms' } };
    const { rig, banyan, store } = await begin(options);
    const before = await stockOf(rig);
    const round = await ended(store, await ask(store));
    expect(round.failure).toBeNull();
    expect(tallyOf(round)).toMatchObject({ planted: 6, found: 0, missed: 6, p99Ms: null });
    expect(await stockOf(rig)).toEqual(before);
    expect(await banyan.verdicts.open()).toEqual([]);
  });

  it('does nothing to rows that are wrong already', async () => {
    const { rig, banyan, store } = await begin();
    await rig.target.pool.query('update stock_level set reserved = 77 where item_id = 950');
    await banyan.verdicts.becomes({ 950: 'rogue_write' });
    const round = await ended(store, await ask(store));
    expect(round.failure).toMatch(/not clean before the round: 950/);
    expect(round.canaries).toEqual([]);
    expect(await banyan.verdicts.diverged()).toEqual({ 950: 'rogue_write' });
  });

  it('begins by itself, with a whole pass between two', async () => {
    const { rig, store } = await begin({ selfTest: { every: '200ms' } });
    const [second, first] = await patiently('two rounds', async () => {
      const rounds = await store.rounds(CONTEXT, 10);
      return rounds.filter(({ endedAtMs }) => endedAtMs !== null).length >= 2
        ? rounds.toReversed().slice(0, 2).toReversed()
        : undefined;
    });
    expect(first).toMatchObject({ askedBy: 'schedule', failure: null });
    const between = await rig.store.pool.query(
      `select from verify_run where state = 'complete' and started_at > $1 and finished_at < $2`,
      [new Date(first?.endedAtMs ?? 0), new Date(second?.corruptedAtMs ?? 0)],
    );
    expect(between.rowCount).toBeGreaterThan(0);
  });
});

describe('canaries that are wrong', { timeout: 300_000 }, () => {
  it('are in no count, list or evidence, and no pass or certificate beside them is a clean one', async () => {
    const { rig, banyan, store } = await begin();
    const { pool } = rig.store;
    const see = await blindTo(rig, '950');
    const id = await ask(store);
    await foundBut(store, id, '950');
    await banyan.verdicts.passes(1);
    expect(Object.keys(await banyan.verdicts.diverged())).toHaveLength(5);

    const reading = createReadStore(pool);
    expect(await reading.divergenceCounts()).toEqual([]);
    expect(await reading.divergences(10)).toEqual([]);
    const query = { context: CONTEXT, table: TABLE, state: null, leg: null, after: null, limit: 10 };
    expect(await reading.divergencesOf(query)).toEqual([]);
    const passes = new StoredPasses(pool);
    expect(await passes.openFindings({ context: CONTEXT, table: TABLE }, 10)).toEqual([]);
    const [table] = await evidenceStore(pool, 'none').comparedTables(CONTEXT, [TABLE], 0, Date.now());
    // The clean pass from before the round still speaks for the table.
    expect(table).toMatchObject({ diverged: 0, lastResolvedMs: null, pass: { notClean: 0, notCleanBecause: null } });
    expect(await readPassFacts(pool, CONTEXT, TABLE)).toMatchObject({
      divergedNow: 0n,
      canariesWrong: true,
      run: { cleanPass: false, diverged: 0n, notCleanBecause: 'a self-test made rows wrong during the pass' },
    });

    await rig.target.pool.query('update stock_level set reserved = 77 where item_id = $1', [RESERVED.from]);
    await patiently('the row that nobody made wrong on purpose', async () =>
      (await reading.divergenceCounts()).length > 0 ? true : undefined,
    );
    expect(await reading.divergences(10)).toMatchObject([{ key: String(RESERVED.from), leg: 'rogue_write' }]);
    await see();
    const round = await ended(store, id);
    expect(round.others).toEqual([String(RESERVED.from)]);
    expect(tallyOf(round)).toMatchObject({ planted: 6, found: 6 });
    expect(await banyan.verdicts.diverged()).toEqual({ [RESERVED.from]: 'rogue_write' });
    expect(await readPassFacts(pool, CONTEXT, TABLE)).toMatchObject({ divergedNow: 1n, canariesWrong: false });
  });

  it('are left alone if somebody else has written them, and are then divergences like any', async () => {
    const { rig, banyan, store } = await begin();
    const see = await blindTo(rig, '950');
    const id = await ask(store);
    await foundBut(store, id, '950');
    const [other] =
      (await roundOf(store, id))?.canaries.filter(({ change, key }) => change === 'wrong_value' && key !== '950') ?? [];
    const key = other?.key ?? '953';
    await rig.target.pool.query(
      `insert into stock_level (item_id, sku) values ($1, 'else') on conflict (item_id) do update set sku = excluded.sku`,
      [key],
    );
    await see();
    const round = await ended(store, id);
    expect(round.failure).toMatch(new RegExp(`could not be put back: ${key}`));
    await patiently('an open divergence', async () => {
      const [counted] = await createReadStore(rig.store.pool).divergenceCounts();
      return counted?.state === 'DIVERGED' && counted.count === 1 ? true : undefined;
    });
    await banyan.verdicts.becomes({ [key]: 'rogue_write' });
  });
});

describe('a worker that is killed', { timeout: 300_000 }, () => {
  /** Kills a worker where `strike` has brought it. */
  async function killed(strike: (tested: Pick<Tested, 'rig' | 'store'>) => Promise<void>) {
    const rig = await rigOf({});
    const config = await writeRigConfig(rig, configOf({}));
    estate.afterTest(async () => config.remove());
    const verdicts = new RigVerdicts(rig.store.pool);
    const worker = await startRigWorker(rig, config.file);
    estate.afterTest(() => worker.stop());
    await verdicts.begun();
    await compared(rig, verdicts);
    const before = await stockOf(rig);
    const store = new StoredSelfTests(rig.store.pool);
    await strike({ rig, store });
    await worker.kill();
    return { rig, config, before, store, verdicts };
  }

  it('while rows are wrong: the next one puts them back, and says that nothing was measured', async () => {
    const { rig, config, before, store, verdicts } = await killed(async (tested) => {
      await blindTo(tested.rig, '950');
      await foundBut(tested.store, await ask(tested.store), '950');
    });
    expect(await stockOf(rig)).not.toEqual(before);
    const second = await startRigWorker(rig, config.file);
    estate.afterTest(() => second.stop());
    const [open] = await store.rounds(CONTEXT, 1);
    const round = await ended(store, open?.id ?? '');
    expect(round.failure).toMatch(/interrupted/);
    expect(round.canaries.map(({ outcome }) => outcome)).toEqual(KEYS.map(() => 'restored'));
    expect(await stockOf(rig)).toEqual(before);
    expect(await verdicts.diverged()).toEqual({});
  });

  it.each<TrapPlace>(['write', 'commit'])('at the %s that keeps the originals: no row was touched', async (place) => {
    let trap: PersistTrap | null = null;
    const { rig, before, store } = await killed(async (tested) => {
      trap = await PersistTrap.install(tested.rig.store.url, ['self_test_row']);
      await trap.arm(place, 1);
      await ask(tested.store);
      await trap.sprung();
    });
    await springOpen(trap, place);
    expect(await stockOf(rig)).toEqual(before);
    expect((await store.rounds(CONTEXT, 1))[0]?.canaries).toHaveLength(place === 'write' ? 0 : KEYS.length);
  });
});

async function springOpen(trap: PersistTrap | null, place: TrapPlace): Promise<void> {
  await trap?.release(place);
  await trap?.close();
}
