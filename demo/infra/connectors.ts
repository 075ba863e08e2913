// The two connectors of the demo: `monolith` feeds the service, `inventory` feeds the monolith back from the stage on
// in which the service owns keys. Both run on Debezium and on the embedded capture with the same settings.

export type ConnectorName = 'monolith' | 'inventory';

const TABLES: Readonly<Record<ConnectorName, string>> = {
  monolith: 'public.inventory,public.cdc_heartbeat',
  inventory: 'public.stock_level,public.cdc_heartbeat',
};

/** How often each connector writes to its heartbeat topic. */
export const HEARTBEAT_EVERY_MS = 1_000;

/** The configuration that goes to `PUT /connectors/{name}/config`; the database has the connector's name. */
export function connectorConfig(name: ConnectorName, databaseUrl: string): Readonly<Record<string, string>> {
  const url = new URL(databaseUrl);
  return {
    'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
    'tasks.max': '1',
    'database.hostname': url.hostname,
    'database.port': url.port,
    'database.user': decodeURIComponent(url.username),
    'database.password': decodeURIComponent(url.password),
    'database.dbname': url.pathname.slice(1),
    'topic.prefix': name,
    'plugin.name': 'pgoutput',
    'slot.name': `${name}_slot`,
    'publication.name': `${name}_pub`,
    'publication.autocreate.mode': 'filtered',
    'table.include.list': TABLES[name],
    // Leaves out what an applier wrote under a replication origin: two-way capture without an echo.
    'slot.stream.params': 'origin=none',
    'snapshot.mode': 'when_needed',
    'decimal.handling.mode': 'string',
    'time.precision.mode': 'isostring',
    'poll.interval.ms': '10',
    'heartbeat.interval.ms': String(HEARTBEAT_EVERY_MS),
    'heartbeat.action.query': 'UPDATE cdc_heartbeat SET ts = now() WHERE id = 1',
    'lsn.flush.mode': 'connector_and_driver',
    'retriable.restart.connector.wait.ms': '2000',
  };
}
