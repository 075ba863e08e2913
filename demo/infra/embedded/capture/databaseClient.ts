import pg from 'pg';
import type { ConnectorConfig } from './connectorConfig.ts';

// The text forms that isoTime.ts and columnValue.ts read.
const SESSION =
  '-c TimeZone=UTC -c DateStyle=ISO,YMD -c IntervalStyle=iso_8601 -c bytea_output=hex -c extra_float_digits=1';

const asText = { getTypeParser: () => (value: string) => value };

/** Settings of a connection that returns each value as PostgreSQL writes it. */
export const clientConfig = ({ database, name }: ConnectorConfig): pg.ClientConfig => ({
  ...database,
  options: SESSION,
  application_name: `capture ${name}`,
  keepAlive: true,
  types: asText,
});

export async function connect(config: ConnectorConfig): Promise<pg.Client> {
  const client = new pg.Client(clientConfig(config));
  // A lost connection shows at the next query; without a listener it would end the process.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
