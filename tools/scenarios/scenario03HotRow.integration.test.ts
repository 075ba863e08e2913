import { describe, expect, it } from 'vitest';
import { patiently } from '../verifyRig/patiently.ts';
import { startRigBanyan } from '../verifyRig/rigBanyan.ts';
import type { VerifyRig } from '../verifyRig/verifyRig.ts';
import { scenarioEstate } from './scenarioEstate.ts';

const estate = scenarioEstate('embedded');

/** Changes one row again and again, from value to value and back, without a pause. */
function startHotWriter(rig: VerifyRig): { changes: number } {
  const writer = { changes: 0 };
  let stopped = false;
  const running = (async () => {
    while (!stopped) {
      await rig.source.pool.query('update inventory set quantity = (quantity + 1) % 3 where item_id = 1');
      writer.changes += 1;
    }
  })();
  estate.afterTest(async () => {
    stopped = true;
    await running;
  });
  return writer;
}

describe('scenario 3: one row that is changed for ever', { timeout: 900_000 }, () => {
  it('gets CLEAN verdicts, and DIVERGED soon after a hand changed it on the target', async () => {
    const rig = await estate.rig({ updates: ['quantity', 'updated_at'] });
    const banyan = await startRigBanyan(rig);
    estate.afterTest(() => banyan.stop());
    await banyan.verdicts.passes(1);
    const writer = startHotWriter(rig);

    // Nothing else is written: every verdict on a change is one on this row.
    const before = await banyan.verdicts.changesFoundClean();
    await patiently('CLEAN verdicts on the hot row', async () =>
      (await banyan.verdicts.changesFoundClean()) > before + 20 ? true : undefined,
    );
    const changes = writer.changes;
    await banyan.verdicts.passes(2);
    expect(writer.changes).toBeGreaterThan(changes);
    expect(await banyan.verdicts.everDiverged()).toEqual({});

    await rig.target.pool.query('update stock_level set reserved = 77 where item_id = 1');
    await patiently('DIVERGED', async () => ('1' in (await banyan.verdicts.diverged()) ? true : undefined));
    expect(Object.keys(await banyan.verdicts.everDiverged())).toEqual(['1']);
    const [finding] = await banyan.verdicts.open();
    expect(finding?.columns).toEqual(['reserved']);
  });
});
