import { describe, expect, it } from 'vitest';
import { alterBeforeKafka, loseBeforeKafka, redeliver } from '../verifyRig/captureFaults.ts';
import { jumpOverEvents } from '../verifyRig/jumpOverEvents.ts';
import type { VerifyRig } from '../verifyRig/verifyRig.ts';
import { RESERVED, type ScenarioEstate, WATCHED_TARGET } from './scenarioEstate.ts';

const NEW = 7_777;

/** Events that are lost, repeated or passed over, each on its own leg. */
export function eventsScenario(estate: ScenarioEstate): void {
  describe('scenario 7: lost, repeated and passed-over events', { timeout: 900_000 }, () => {
    it('repeats and crashes of the applier leave every row CLEAN', async () => {
      const { rig, banyan, writer } = await estate.begin();
      rig.applier.crashes = 5;
      for (let i = 0; i < 5; i += 1) {
        await change(rig, keys(901 + 10 * i, 910 + 10 * i));
        await rig.captured();
        await redeliver(rig, 100);
        await banyan.verdicts.passes(1);
      }
      await writer.stop();
      await rig.drained();
      await banyan.verdicts.passes(2);
      expect(await banyan.verdicts.open()).toEqual([]);
      expect(await banyan.verdicts.everDiverged()).toEqual({});
      expect(await banyan.verdicts.rowsCompared()).toBeGreaterThan(0);
    });

    it('each names exactly its keys and its leg', async () => {
      const { rig, banyan, writer } = await estate.begin({ back: WATCHED_TARGET });
      await banyan.verdicts.passes(1);
      const expected: Record<string, string> = {};
      let seen = 0;
      rig.applier.treat = ({ key, after }) => {
        if (Number(key) < RESERVED.from || Number(key) > 950 || after?.quantity !== NEW) return 'apply';
        seen += 1;
        if (seen % 5 !== 0) return 'apply';
        expected[key] = 'apply';
        return 'drop';
      };
      for (const key of keys(RESERVED.from, 950)) await change(rig, [key]);
      await rig.captured();
      await redeliver(rig, 100);

      await loseBeforeKafka(rig, 'update inventory set quantity = $1 where item_id = 951', [NEW]);
      expected['951'] = 'capture';
      await alterBeforeKafka(rig, writer, '952', NEW, { reserved: 98 });
      expected['952'] = 'capture';

      rig.applier.paused = true;
      const jumped = keys(961, 980);
      await change(rig, jumped);
      // One transaction's events lie side by side in each partition.
      jumpOverEvents(rig.applier, await rig.tap.awaitEvents(jumped, ({ after }) => after?.quantity === NEW));
      for (const key of jumped) expected[key] = 'transport';
      rig.applier.paused = false;

      await expect.poll(() => seen, { timeout: 240_000 }).toBe(50);
      expect(Object.keys(expected)).toHaveLength(32);
      await banyan.verdicts.becomes(expected);
      await banyan.verdicts.passes(2);
      expect(await banyan.verdicts.everDiverged()).toEqual(expected);
    });

    it('a TRUNCATE of the source leaves no row CLEAN that the target still holds', async () => {
      const { rig, banyan, writer } = await estate.begin();
      await banyan.verdicts.passes(1);
      await writer.stop();
      await rig.drained();
      await rig.source.pool.query('truncate inventory');
      await expect
        .poll(async () => (await banyan.verdicts.open()).length, { timeout: 240_000 })
        .toBeGreaterThanOrEqual(900);
      expect(new Set((await banyan.verdicts.open()).map(({ leg }) => leg))).not.toContain('rogue_write');
    });
  });
}

const keys = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => String(from + i));

/** Changes these rows in one transaction. */
async function change(rig: VerifyRig, wanted: readonly string[]): Promise<void> {
  await rig.source.pool.query('update inventory set quantity = $2 where item_id = any($1)', [wanted, NEW]);
}
