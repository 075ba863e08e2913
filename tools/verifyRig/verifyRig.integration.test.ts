import { describe, expect, it } from 'vitest';
import { scenarioEstate } from '../scenarios/scenarioEstate.ts';
import { alterBeforeKafka, loseBeforeKafka, redeliver } from './captureFaults.ts';
import { differingKeys } from './differingKeys.ts';
import { RigWriter } from './rigWriter.ts';
import type { VerifyRig } from './verifyRig.ts';

const estate = scenarioEstate('embedded');

function writerOn(rig: VerifyRig): RigWriter {
  const writer = new RigWriter({ pool: rig.source.pool, table: 'inventory', from: 1, to: 900, perSec: 200 });
  writer.start();
  estate.afterTest(() => writer.stop());
  return writer;
}

describe('the rig', () => {
  it('keeps both sides equal through a writer, crashes of the applier and repeats', async () => {
    const rig = await estate.rig();
    const writer = writerOn(rig);
    rig.applier.crashes = 3;
    await rig.captured();
    await redeliver(rig, 100);
    await expect.poll(() => rig.applier.counts.crashed, { timeout: 240_000 }).toBe(3);
    await expect.poll(() => writer.rows, { timeout: 240_000 }).toBeGreaterThan(300);
    await writer.stop();
    await rig.drained();
    expect(await differingKeys(rig)).toEqual([]);
  });

  it('breaks exactly the rows that it is told to break', async () => {
    const rig = await estate.rig();
    const writer = writerOn(rig);
    const change = (key: number) =>
      rig.source.pool.query('update inventory set quantity = 7777 where item_id = $1', [key]);

    rig.applier.treat = ({ key }) => (key === '901' ? 'drop' : key === '902' ? { wrong: { reserved: 99 } } : 'apply');
    await change(901);
    await change(902);
    await loseBeforeKafka(rig, 'update inventory set quantity = 7777 where item_id = 903');
    await alterBeforeKafka(rig, writer, '904', 7777, { reserved: 98 });
    rig.applier.paused = true;
    await change(905);
    const [event] = await rig.tap.awaitEvents(['905'], ({ after }) => after?.quantity === 7777);
    if (event === undefined) throw new Error('no event');
    rig.applier.jumpOver({ partition: event.partition, from: event.offset, to: event.offset + 1n });
    rig.applier.paused = false;
    await rig.target.pool.query('delete from stock_level where item_id = 906');
    await writer.stop();
    await rig.drained();
    expect(await differingKeys(rig)).toEqual(['901', '902', '903', '904', '905', '906']);
    const { rows } = await rig.target.pool.query(
      'select quantity, reserved from stock_level where item_id in (902, 904)',
    );
    expect(rows).toEqual([
      { quantity: 7777, reserved: 99 },
      { quantity: 7777, reserved: 98 },
    ]);
  });
});
