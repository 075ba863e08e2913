import type { NamedParts } from '../adapters/store/statusBoard.ts';
import type { Config } from '../config.ts';
import { ingestPlan } from '../services/ingestPlan.ts';

/** Every part that this configuration gives a name to, whichever role reports it. */
export function namedParts({ digest, migration, settings }: Config): NamedParts {
  const tables = migration.contexts.flatMap((context) => context.tables.map((table) => ({ context, table })));
  const connectors = tables.flatMap(({ table }) => [table.connector, table.reverse?.connector]);
  const tableNames = tables.map(({ context, table }) => `${context.id}/${table.id}`);
  const names: Readonly<Record<string, readonly string[]>> = {
    topic: [...ingestPlan(migration).keys()],
    connector: connectors.filter((name) => name !== undefined),
    saga: migration.contexts.flatMap((context) => context.sagas.map((saga) => `${context.id}/${saga.id}`)),
    database: Object.keys(settings.databases),
    verify: tableNames,
    continuous: tableNames,
    certificates: migration.contexts.map(({ id }) => id),
    'self-test': migration.contexts.filter(({ selfTest }) => selfTest !== undefined).map(({ id }) => id),
    waivers: migration.contexts.map(({ id }) => id),
    webhook: settings.alerts.endpoints.map(({ id }) => id),
  };
  const parts = Object.entries(names).flatMap(([kind, of]) => of.map((name) => `${kind}:${name}`));
  return { digest, kinds: Object.keys(names), parts };
}
