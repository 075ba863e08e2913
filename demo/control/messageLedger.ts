import { z } from 'zod';
import { withClient } from './inventoryRows.ts';

const countSchema = z.array(
  z.object({ topic: z.string(), type: z.string(), sent: z.coerce.number(), waiting: z.coerce.number() }),
);

/** How many messages one service has written to its outbox, by topic and type. */
export type MessageCount = z.infer<typeof countSchema>[number];

export interface MessageLedger {
  /** By service database. */
  readonly messages: Readonly<Record<string, readonly MessageCount[]>>;
  /** Changes that the capture must bring: those without a replication origin. */
  readonly changes: Readonly<Record<'monolith' | 'inventory', number>>;
}

const OUTBOXES = ['monolith', 'inventory', 'orders', 'payments'] as const;

/** What the estate says it has sent, read from its outboxes and change ledgers: the oracle for what Banyan counts. */
export async function messageLedger(
  databases: Readonly<Record<(typeof OUTBOXES)[number], string>>,
): Promise<MessageLedger> {
  const messages: Record<string, readonly MessageCount[]> = {};
  for (const name of OUTBOXES) {
    const { rows } = await withClient(databases[name], (client) =>
      client.query(
        `select topic, type, count(sent_at)::text as sent, (count(*) - count(sent_at))::text as waiting
           from outbox group by topic, type order by topic, type`,
      ),
    );
    messages[name] = countSchema.parse(rows);
  }
  return {
    messages,
    changes: { monolith: await changesIn(databases.monolith), inventory: await changesIn(databases.inventory) },
  };
}

async function changesIn(url: string): Promise<number> {
  const { rows } = await withClient(url, (client) => client.query('select count(*)::text as changes from cdc_ledger'));
  return z.array(z.object({ changes: z.coerce.number() })).parse(rows)[0]?.changes ?? 0;
}
