import pg from 'pg';
import type { EstateDatabases } from './prepareDatabases.ts';

/** What the estate's databases know to have been written: the truth that counts of Kafka records are held against. */
export interface EstateLedger {
  /** Messages by topic and type, each once whatever was sent again. */
  readonly messages: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Changes that CDC has to bring, by table; snapshot reads are not among them. */
  readonly changes: { readonly inventory: number; readonly stock_level: number };
  /** Messages still waiting in an outbox. */
  readonly unsent: number;
}

/** Reads the outboxes and change ledgers of all services. */
export async function readLedger(databases: EstateDatabases): Promise<EstateLedger> {
  const messages: Record<string, Record<string, number>> = {};
  let unsent = 0;
  const { monolith, inventory, orders, payments } = databases;
  for (const url of [monolith, inventory, orders, payments]) {
    const rows = await query<{ topic: string; type: string; n: string; unsent: string }>(
      url,
      `select topic, type, count(*) as n, count(*) filter (where sent_at is null) as unsent from outbox group by topic, type`,
    );
    for (const row of rows) {
      const byType = messages[row.topic] ?? {};
      byType[row.type] = (byType[row.type] ?? 0) + Number(row.n);
      messages[row.topic] = byType;
      unsent += Number(row.unsent);
    }
  }
  const changesOf = async (url: string): Promise<number> =>
    Number((await query<{ n: string }>(url, 'select count(*) as n from cdc_ledger'))[0]?.n ?? 0);
  return {
    messages,
    changes: { inventory: await changesOf(monolith), stock_level: await changesOf(inventory) },
    unsent,
  };
}

async function query<T extends pg.QueryResultRow>(url: string, text: string): Promise<T[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<T>(text)).rows;
  } finally {
    await client.end();
  }
}
