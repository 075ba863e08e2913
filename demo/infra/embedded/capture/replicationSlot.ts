import pg from 'pg';
import { z } from 'zod';
import type { ConnectorConfig } from './connectorConfig.ts';
import { clientConfig } from './databaseClient.ts';
import { parseLsn } from './lsn.ts';

const created = z.array(z.object({ consistent_point: z.string(), snapshot_name: z.string() })).length(1);

export async function slotExists(client: pg.ClientBase, slot: string): Promise<boolean> {
  const found = await client.query('select 1 from pg_replication_slots where slot_name = $1', [slot]);
  return found.rowCount === 1;
}

/** Creates the slot and hands its snapshot to `use`: the snapshot lives as long as the connection that made it. */
export async function createSlot(
  config: ConnectorConfig,
  use: (snapshot: string, consistentPoint: bigint) => Promise<void>,
): Promise<void> {
  const settings: pg.ClientConfig & { replication: 'database' } = { ...clientConfig(config), replication: 'database' };
  const client = new pg.Client(settings);
  client.on('error', () => undefined);
  await client.connect();
  try {
    const answer = await client.query(
      `CREATE_REPLICATION_SLOT ${pg.escapeIdentifier(config.slot)} LOGICAL pgoutput (SNAPSHOT 'export')`,
    );
    const [slot] = created.parse(answer.rows);
    if (slot !== undefined) await use(slot.snapshot_name, parseLsn(slot.consistent_point));
  } finally {
    await client.end();
  }
}
