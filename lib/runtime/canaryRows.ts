import { PostgresCanaryRows } from '../adapters/postgres/postgresCanaryRows.ts';
import type { Config } from '../config.ts';
import { tlsOptions } from './kafkaConnection.ts';

/** The canaries of a context, over the connection that the configuration gives them; null without its consent. */
export function canaryRows({ settings, migration }: Config, context: string): PostgresCanaryRows | null {
  const index = settings.contexts.findIndex(({ id }) => id === context);
  const selfTest = settings.contexts[index]?.selfTest;
  const mapping = migration.contexts[index]?.tables.find(({ id }) => id === selfTest?.table);
  if (selfTest === undefined || mapping === undefined) return null;
  const { url, ssl } = selfTest.connection;
  return new PostgresCanaryRows(mapping, {
    place: `contexts[${index}].selfTest.connection`,
    url: url.reveal(),
    ...(ssl === undefined ? {} : { ssl: tlsOptions(ssl) }),
  });
}
