import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { patiently } from '../verifyRig/patiently.ts';
import { onServer } from '../verifyRig/rigDatabase.ts';
import type { VerifyRig } from '../verifyRig/verifyRig.ts';
import { type ScenarioEstate, WATCHED_TARGET } from './scenarioEstate.ts';

const HUNG = 4_242;

/** A commit that is in the log, and in Kafka, while readers still see the old row. */
export function visibilityScenario(estate: ScenarioEstate): void {
  describe('scenario 1: a commit that waits for a standby after it was captured', { timeout: 900_000 }, () => {
    it('is not held against the old value, and is CLEAN once it is visible', async () => {
      const { rig, banyan } = await estate.begin();
      await banyan.verdicts.passes(1);
      const release = await hangCommit(estate, rig, 920);
      await untilApplied(rig, 920);
      await banyan.verdicts.passes(2);
      expect(await quantityOnSource(rig, 920)).not.toBe(HUNG);
      expect(await banyan.verdicts.everDiverged()).toEqual({});

      await release();
      expect(await quantityOnSource(rig, 920)).toBe(HUNG);
      await banyan.verdicts.passes(2);
      expect((await banyan.verdicts.open()).filter(({ key }) => key === '920')).toEqual([]);
      expect(await banyan.verdicts.everDiverged()).toEqual({});
      expect(await banyan.verdicts.rowsCompared()).toBeGreaterThan(0);
    });

    it('is held against the value that the event carries, before anybody can see it on the source', async () => {
      const { rig, banyan } = await estate.begin({ back: WATCHED_TARGET });
      rig.applier.treat = ({ key, op }) =>
        op !== 'u' ? 'apply' : key === '921' ? { wrong: { reserved: 77 } } : key === '922' ? 'drop' : 'apply';
      await banyan.verdicts.passes(1);
      const release = await hangCommit(estate, rig, 921);
      await rig.source.pool.query('update inventory set quantity = $1 where item_id = 922', [HUNG]);
      await banyan.verdicts.becomes({ 921: 'apply', 922: 'apply' });
      expect(await quantityOnSource(rig, 921)).not.toBe(HUNG);
      await release();
      await banyan.verdicts.passes(1);
      expect(await banyan.verdicts.everDiverged()).toEqual({ 921: 'apply', 922: 'apply' });
    });
  });
}

/** An update whose commit waits for ever, its event in Kafka. Returns what ends the wait. */
async function hangCommit(estate: ScenarioEstate, rig: VerifyRig, key: number): Promise<() => Promise<void>> {
  const reload = (settings: Readonly<Record<string, string>>) =>
    onServer(rig.postgresUrl, async (client) => {
      for (const [name, value] of Object.entries(settings)) await client.query(`alter system set ${name} = ${value}`);
      await client.query('select pg_reload_conf()');
    });
  // Everybody else's commits wait for nobody: first that, then the standby that does not exist.
  await reload({ synchronous_commit: 'local' });
  await patiently('commits are local', () =>
    onServer(rig.postgresUrl, async (client) =>
      (await client.query('show synchronous_commit')).rows[0].synchronous_commit === 'local' ? true : undefined,
    ),
  );
  await reload({ synchronous_standby_names: "'nosuch'" });
  const client = new pg.Client(rig.source.url);
  await client.connect();
  const { rows } = await client.query('select pg_backend_pid() as pid');
  await client.query('set synchronous_commit = on');
  const hanging = client.query('update inventory set quantity = $2 where item_id = $1', [key, HUNG]);
  let released = false;
  const release = async (): Promise<void> => {
    if (released) return;
    released = true;
    await onServer(rig.postgresUrl, (admin) => admin.query('select pg_cancel_backend($1)', [rows[0].pid]));
    await hanging;
    await client.end();
    await onServer(rig.postgresUrl, async (admin) => {
      await admin.query('alter system reset synchronous_standby_names');
      await admin.query('alter system reset synchronous_commit');
      await admin.query('select pg_reload_conf()');
    });
  };
  estate.afterTest(release);
  await rig.tap.awaitEvents([String(key)], ({ after }) => after?.quantity === HUNG);
  return release;
}

async function untilApplied(rig: VerifyRig, key: number): Promise<void> {
  await patiently(`${key} on the target`, async () => {
    const { rows } = await rig.target.pool.query('select quantity from stock_level where item_id = $1', [key]);
    return rows[0]?.quantity === HUNG ? true : undefined;
  });
}

async function quantityOnSource(rig: VerifyRig, key: number): Promise<number> {
  const { rows } = await rig.source.pool.query('select quantity from inventory where item_id = $1', [key]);
  return rows[0].quantity;
}
