// The two connectors of the demo: `monolith` feeds the service, `inventory` feeds the monolith back from the stage on
// in which the service owns keys. Both run on Debezium and on the embedded capture with the same settings.
import { postgresConnector } from './postgresConnector.ts';

export type ConnectorName = 'monolith' | 'inventory';

const TABLES: Readonly<Record<ConnectorName, readonly string[]>> = {
  monolith: ['public.inventory', 'public.cdc_heartbeat'],
  inventory: ['public.stock_level', 'public.cdc_heartbeat'],
};

/** How often each connector writes to its heartbeat topic. */
export const HEARTBEAT_EVERY_MS = 1_000;

/** The configuration of one of them; the database has the connector's name. */
export function connectorConfig(name: ConnectorName, databaseUrl: string): Readonly<Record<string, string>> {
  return postgresConnector({
    name,
    databaseUrl,
    tables: TABLES[name],
    origin: 'none',
    heartbeatEveryMs: HEARTBEAT_EVERY_MS,
    retryAfterMs: 2_000,
  });
}
