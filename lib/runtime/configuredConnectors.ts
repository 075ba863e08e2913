import { ConnectClient } from '../adapters/connect/connectClient.ts';
import type { Config } from '../config.ts';

/** The Connect REST API that the configuration names, or null. */
export function configuredConnectors(config: Config): ConnectClient | null {
  const { connect } = config.settings;
  if (connect === undefined) return null;
  if (connect.auth === undefined) return new ConnectClient({ url: connect.url });
  const { username, password } = connect.auth;
  const credentials = Buffer.from(`${username}:${password.reveal()}`).toString('base64');
  return new ConnectClient({ url: connect.url, authorization: `Basic ${credentials}` });
}
