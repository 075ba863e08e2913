import { waitFor } from '../waitFor.ts';
import type { EstateAdmin } from './estateAdmin.ts';
import type { Fault } from './fault.ts';
import { type InventoryDatabases, readRows, underOrigin, withClient } from './inventoryRows.ts';

const BUMP = `quantity = quantity + $2, version = version + 1, updated_at = clock_timestamp()`;

/** The faults that leave rows wrong. Each works on items that the monolith owns and that the load leaves alone. */
export function rowFaults(databases: InventoryDatabases, admin: EstateAdmin): readonly Fault[] {
  return [
    {
      id: 'drop-cdc-event',
      does: 'changes rows of the monolith so that the capture leaves the changes out',
      expected: 'consistency fails and lists exactly these keys; leg capture',
      wrongItems: 3,
      // With origin=none the capture passes over what a session with a replication origin wrote.
      switchOn: (itemIds) =>
        underOrigin(databases.monolith, 'demo_fault', async (client) => {
          await client.query(`update inventory set ${BUMP} where item_id = any($1::bigint[])`, [itemIds, 3]);
        }),
      switchOff: nothing,
    },
    {
      id: 'rogue-write',
      does: 'changes rows of the service behind its back',
      expected: 'consistency fails and lists exactly these keys; leg rogue_write',
      wrongItems: 3,
      switchOn: (itemIds) =>
        withClient(databases.inventory, async (client) => {
          await client.query('update stock_level set quantity = quantity + 5 where item_id = any($1::bigint[])', [
            itemIds,
          ]);
        }),
      switchOff: nothing,
    },
    {
      id: 'applier-bug',
      does: 'makes the service write a wrong quantity for some keys, and changes these keys in the monolith',
      expected: 'consistency fails and lists exactly these keys; leg apply',
      wrongItems: 3,
      async switchOn(itemIds) {
        await admin.switchFault('inventory-service', 'applier-bug', true, itemIds);
        await withClient(databases.monolith, (client) =>
          client.query(`update inventory set ${BUMP} where item_id = any($1::bigint[])`, [itemIds, 1]),
        );
        await untilApplied(databases, itemIds);
      },
      switchOff: (itemIds) => admin.switchFault('inventory-service', 'applier-bug', false, itemIds),
    },
  ];
}

const nothing = async (): Promise<void> => undefined;

/** Waits until the service has taken over the monolith's newest version of each item. */
async function untilApplied(databases: InventoryDatabases, itemIds: readonly number[]): Promise<void> {
  await waitFor(
    async () => {
      const monolith = await readRows(databases, 'monolith', itemIds);
      const service = await readRows(databases, 'inventory', itemIds);
      return itemIds.every((id) => monolith.get(id)?.version === service.get(id)?.version) ? true : undefined;
    },
    { what: `items ${itemIds.join(', ')} applied at the service`, timeoutMs: 20_000 },
  );
}
