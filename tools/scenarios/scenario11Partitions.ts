import { describe, expect, it } from 'vitest';
import { loseBeforeKafka } from '../verifyRig/captureFaults.ts';
import { patiently } from '../verifyRig/patiently.ts';
import { type ScenarioEstate, WATCHED_TARGET } from './scenarioEstate.ts';

/** Partitions are added to the change topic while rows are written. */
export function partitionsScenario(estate: ScenarioEstate): void {
  describe('partitions are added to the change topic', { timeout: 900_000 }, () => {
    it('nothing is DIVERGED, and at last every row is CLEAN', async () => {
      const { rig, banyan, writer } = await estate.begin();
      await banyan.verdicts.passes(1);
      await rig.addPartitions(2);
      await banyan.verdicts.passes(2);
      await rig.addPartitions(1);
      await banyan.verdicts.passes(2);
      await writer.stop();
      await rig.drained();
      await patiently('all CLEAN', async () => ((await banyan.verdicts.open()).length === 0 ? true : undefined));
      expect(await banyan.verdicts.everDiverged()).toEqual({});
      const { rows } = await rig.store.pool.query('select part, grown from verify_partition order by part');
      expect(rows.map(({ part, grown }) => `${part} ${grown}`)).toEqual([
        '0 false',
        '1 false',
        '2 false',
        '3 true',
        '4 true',
        '5 true',
      ]);
    });

    it('exactly the corrupted rows are DIVERGED, each with its leg', async () => {
      const { rig, banyan } = await estate.begin({ back: WATCHED_TARGET });
      await banyan.verdicts.passes(1);
      await rig.addPartitions(2);
      rig.applier.treat = ({ key, after }) => (Number(key) <= 920 && after?.quantity === 7_777 ? 'drop' : 'apply');
      await rig.source.pool.query('update inventory set quantity = 7777 where item_id in (911, 912, 921, 922)');
      await rig.target.pool.query('update stock_level set reserved = 77 where item_id in (931, 932)');
      await loseBeforeKafka(rig, 'update inventory set quantity = 7777 where item_id in (941, 942)');
      const expected = {
        911: 'apply',
        912: 'apply',
        931: 'rogue_write',
        932: 'rogue_write',
        941: 'capture',
        942: 'capture',
      };
      await banyan.verdicts.becomes(expected);
      await banyan.verdicts.passes(2);
      expect(await banyan.verdicts.everDiverged()).toEqual(expected);
    });
  });
}
