import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../lib/adapters/store/database.ts';
import { patiently } from '../verifyRig/patiently.ts';
import { PersistTrap, type TrapPlace } from '../verifyRig/persistTrap.ts';
import { writeRigConfig } from '../verifyRig/rigBanyan.ts';
import { RigVerdicts } from '../verifyRig/rigVerdicts.ts';
import { startRigWorker } from '../verifyRig/rigWorker.ts';
import { RigWriter } from '../verifyRig/rigWriter.ts';
import type { VerifyRig } from '../verifyRig/verifyRig.ts';
import { RESERVED, type ScenarioEstate, WATCHED_TARGET } from './scenarioEstate.ts';

const ROWS = 12_000;
const TABLES = ['verify_run', 'verify_range', 'divergence'];
const KILLS: readonly (readonly [TrapPlace, number])[] = [
  ['write', 1],
  ['commit', 1],
  ['write', 2],
  ['commit', 2],
  ['write', 3],
  ['write', 5],
  ['commit', 7],
];

/** Ends of the verifier at the points where it writes, and of the applier within a transaction. */
export function crashScenario(estate: ScenarioEstate): void {
  describe('scenario 8: crash and resume', { timeout: 900_000 }, () => {
    it('killed at its writes on a healthy estate it proves nothing, and counts what an uninterrupted pass counts', async () => {
      const { rig, verdicts } = await crashes(estate, async () => undefined);
      expect(await verdicts.everDiverged()).toEqual({});
      expect(await rowsOfPasses(rig)).toEqual([ROWS, ROWS]);
    });

    it('killed at its writes it finds exactly what was corrupted while it was down', async () => {
      const expected: Record<string, string> = {};
      const { rig, verdicts } = await crashes(estate, async (running, i) => {
        const key = RESERVED.from + i;
        if (i % 2 === 0) {
          await running.target.pool.query('update stock_level set reserved = 77 where item_id = $1', [key]);
          expected[key] = 'rogue_write';
        } else {
          running.applier.treat = (event) => (expected[event.key] === 'apply' ? 'drop' : 'apply');
          expected[key] = 'apply';
          await running.source.pool.query('update inventory set quantity = 7777 where item_id = $1', [key]);
        }
      });
      const found = await verdicts.everDiverged();
      expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
      // Killed before it had looked at both sides, a verifier keeps nothing that tells who wrote a row meanwhile.
      for (const [key, leg] of Object.entries(expected)) expect([leg, 'unknown']).toContain(found[key]);
      expect(await rowsOfPasses(rig)).toEqual([ROWS, ROWS]);
      const { rows } = await rig.store.pool.query(
        `select diverged::int as n from verify_run where state = 'complete' order by started_at desc limit 1`,
      );
      expect(rows[0].n).toBe(Object.keys(expected).length);
    });
  });
}

/** Kills a worker at each of the places in turn, with the work done while none runs; then lets one run to the end. */
async function crashes(
  estate: ScenarioEstate,
  whileDown: (rig: VerifyRig, i: number) => Promise<void>,
): Promise<{ readonly rig: VerifyRig; readonly verdicts: RigVerdicts }> {
  const rig = await estate.rig({ rows: ROWS, back: WATCHED_TARGET });
  const config = await writeRigConfig(rig);
  estate.afterTest(async () => config.remove());
  await (await openDatabase({ url: rig.store.url, applicationName: 'rig', migrate: true })).close();
  const trap = await PersistTrap.install(rig.store.url, TABLES);
  estate.afterTest(() => trap.close());
  const writer = new RigWriter({
    pool: rig.source.pool,
    table: rig.table.source,
    from: 1,
    to: RESERVED.from - 1,
    perSec: 40,
    keepsRows: true,
  });
  writer.start();
  estate.afterTest(() => writer.stop());

  for (const [i, [place, at]] of KILLS.entries()) {
    await trap.arm(place, at);
    const worker = await startRigWorker(rig, config.file);
    estate.afterTest(() => worker.kill());
    rig.applier.crashes += 1;
    await trap.sprung();
    await worker.kill();
    await trap.release(place);
    await whileDown(rig, i);
  }
  const verdicts = new RigVerdicts(rig.store.pool);
  const last = await startRigWorker(rig, config.file);
  estate.afterTest(() => last.stop());
  await patiently('two passes', async () => ((await rowsOfPasses(rig)).length >= 2 ? true : undefined));
  await last.stop();
  return { rig, verdicts };
}

/** Rows compared by the first two passes that are complete: the one that was interrupted and the next. */
async function rowsOfPasses(rig: VerifyRig): Promise<readonly number[]> {
  const { rows } = await rig.store.pool.query(
    `select rows_compared::int as n from verify_run where state = 'complete' order by started_at limit 2`,
  );
  return rows.map(({ n }) => n);
}
