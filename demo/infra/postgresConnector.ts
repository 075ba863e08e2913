export interface PostgresConnectorOptions {
  /** Name of the connector and prefix of its topics. */
  readonly name: string;
  readonly databaseUrl: string;
  /** Captured tables, each as schema.table. */
  readonly tables: readonly string[];
  /** `none` leaves out what an applier wrote under a replication origin: two-way capture without an echo. */
  readonly origin: 'none' | 'any';
  readonly heartbeatEveryMs: number;
  /** The pause before a connector that failed begins again. */
  readonly retryAfterMs: number;
}

/** What goes to `PUT /connectors/{name}/config`, the same for Debezium and for the embedded capture. */
export function postgresConnector(options: PostgresConnectorOptions): Readonly<Record<string, string>> {
  const { name, databaseUrl, tables, origin, heartbeatEveryMs, retryAfterMs } = options;
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
    'table.include.list': tables.join(),
    'slot.stream.params': `origin=${origin}`,
    'snapshot.mode': 'when_needed',
    'decimal.handling.mode': 'string',
    'time.precision.mode': 'isostring',
    'poll.interval.ms': '10',
    'heartbeat.interval.ms': String(heartbeatEveryMs),
    'heartbeat.action.query': 'UPDATE cdc_heartbeat SET ts = now() WHERE id = 1',
    'lsn.flush.mode': 'connector_and_driver',
    'retriable.restart.connector.wait.ms': String(retryAfterMs),
  };
}
