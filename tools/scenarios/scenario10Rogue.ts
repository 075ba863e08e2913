import { describe, expect, it } from 'vitest';
import { patiently } from '../verifyRig/patiently.ts';
import { RigWriter } from '../verifyRig/rigWriter.ts';
import type { RigBack, VerifyRig } from '../verifyRig/verifyRig.ts';
import { type Scenario, type ScenarioEstate, WATCHED_TARGET } from './scenarioEstate.ts';

const OWNED = { from: 451, to: 900 } as const;
const EACH_SIDE: RigBack = { origin: 'none', ownedByTarget: OWNED };
const NO_ORIGIN_FILTER: RigBack = { origin: 'any', ownedByTarget: OWNED };

/** Hands that write past the applier, two-way traffic, and changes that come back. */
export function rogueScenario(estate: ScenarioEstate): void {
  describe('scenario 10: rogue writers and echoes', { timeout: 900_000 }, () => {
    it('names the row that a hand changed; one that the next change mends is CLEAN again', async () => {
      const { rig, banyan } = await estate.begin({ back: WATCHED_TARGET });
      await banyan.verdicts.passes(1);
      await byHand(rig, 'update stock_level set reserved = 77 where item_id in (950, 951)');
      await byHand(rig, 'delete from stock_level where item_id = 952');
      await byHand(rig, `insert into stock_level (item_id, sku) values (2000, 'ghost')`);
      // The row then carries the id of the savepoint, its change that of the transaction.
      await byHand(
        rig,
        'begin; savepoint s; update stock_level set reserved = 78 where item_id = 953; release s; commit',
      );
      await rig.source.pool.query('update inventory set quantity = quantity + 1 where item_id = 951');
      const expected = { 950: 'rogue_write', 952: 'rogue_write', 953: 'rogue_write', 2000: 'rogue_write' };
      await banyan.verdicts.becomes(expected);
      await banyan.verdicts.passes(1);
      expect(await banyan.verdicts.diverged()).toEqual(expected);
    });

    it.each([
      ['leaves out what the applier wrote', EACH_SIDE],
      ['has no origin filter, so that every change comes back', NO_ORIGIN_FILTER],
    ])('both sides write, and capture %s: nothing is DIVERGED', async (_, back) => {
      const scenario = await twoWay(estate, back);
      await scenario.banyan.verdicts.passes(2);
      expect(await scenario.banyan.verdicts.everDiverged()).toEqual({});
      await scenario.settled();
      expect(await scenario.banyan.verdicts.open()).toEqual([]);
      expect(await scenario.banyan.verdicts.rowsCompared()).toBeGreaterThan(0);
    });

    it.each([
      ['leaves out what the applier wrote', EACH_SIDE],
      ['has no origin filter', NO_ORIGIN_FILTER],
    ])('both sides write, and capture %s: exactly the corrupted rows are DIVERGED', async (_, back) => {
      const { rig, banyan } = await twoWay(estate, back);
      await banyan.verdicts.passes(1);
      rig.applier.treat = ({ key }) => (key === '960' ? 'drop' : 'apply');
      await rig.source.pool.query('update inventory set quantity = 7777 where item_id = 960');
      await byHand(rig, 'update stock_level set reserved = 77 where item_id = 961');
      const expected = { 960: 'apply', 961: 'rogue_write' };
      await banyan.verdicts.becomes(expected);
      await banyan.verdicts.passes(1);
      expect(await banyan.verdicts.everDiverged()).toEqual(expected);
    });
  });
}

async function byHand(rig: VerifyRig, sql: string): Promise<void> {
  await rig.target.pool.query(sql);
}

/** An estate whose sides write each their own rows. */
async function twoWay(
  estate: ScenarioEstate,
  back: RigBack,
): Promise<Scenario & { readonly settled: () => Promise<void> }> {
  const scenario = await estate.begin({ back, writes: { from: 1, to: OWNED.from - 1 } });
  const { rig, banyan, writer } = scenario;
  const other = new RigWriter({ ...OWNED, pool: rig.target.pool, table: rig.table.target, perSec: 30, seed: 2 });
  other.start();
  estate.afterTest(() => other.stop());
  const settled = async (): Promise<void> => {
    await Promise.all([writer.stop(), other.stop()]);
    await rig.drained();
    await patiently('all CLEAN', async () => ((await banyan.verdicts.open()).length === 0 ? true : undefined));
  };
  return { ...scenario, settled };
}
