import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { patiently } from '../verifyRig/patiently.ts';
import { type ScenarioEstate, WATCHED_TARGET } from './scenarioEstate.ts';

const PAUSE_MS = 60_000;

/** Lag is not divergence. */
export function lagScenario(estate: ScenarioEstate): void {
  describe('scenario 2: an applier that stands still', { timeout: 900_000 }, () => {
    it('is STALLED, never DIVERGED; then every row is CLEAN; then the one row changed by hand is DIVERGED', async () => {
      const { rig, banyan, writer } = await estate.begin({ back: WATCHED_TARGET });
      await banyan.verdicts.passes(1);

      rig.applier.paused = true;
      const untilMs = Date.now() + PAUSE_MS;
      await patiently(
        'STALLED keys',
        async () => ((await banyan.verdicts.open()).some(({ state }) => state === 'STALLED') ? true : undefined),
        PAUSE_MS,
      );
      // The pause itself is under test: a verdict that comes with time would come within it.
      await sleep(Math.max(0, untilMs - Date.now()));
      expect(await banyan.verdicts.everDiverged()).toEqual({});

      rig.applier.paused = false;
      await banyan.verdicts.passes(1);
      await writer.stop();
      await rig.drained();
      await patiently('all CLEAN', async () => ((await banyan.verdicts.open()).length === 0 ? true : undefined));
      await banyan.verdicts.passes(1);
      expect(await banyan.verdicts.open()).toEqual([]);
      expect(await banyan.verdicts.everDiverged()).toEqual({});
      expect(await banyan.verdicts.rowsCompared()).toBeGreaterThan(0);

      writer.start();
      await rig.target.pool.query('update stock_level set quantity = quantity + 1 where item_id = 950');
      await banyan.verdicts.becomes({ 950: 'rogue_write' });
    });
  });
}
