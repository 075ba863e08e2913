import { connectorFence } from '../adapters/connect/connectorFence.ts';
import { GroupOffsets } from '../adapters/kafka/groupOffsets.ts';
import { KafkaEventSource } from '../adapters/kafka/kafkaEventSource.ts';
import { PostgresInvariantReader } from '../adapters/postgres/postgresInvariantReader.ts';
import { PostgresKeyReader } from '../adapters/postgres/postgresKeyReader.ts';
import { PostgresRowReader } from '../adapters/postgres/postgresRowReader.ts';
import { SourceDatabaseProbe } from '../adapters/postgres/sourceDatabaseProbe.ts';
import { SourceLoad } from '../adapters/postgres/sourceLoad.ts';
import { commandStore } from '../adapters/store/commandStore.ts';
import { StoredContinuous } from '../adapters/store/continuousStore.ts';
import type { Database } from '../adapters/store/database.ts';
import { StoredInvariants } from '../adapters/store/invariantStore.ts';
import { StoredPassDemand } from '../adapters/store/passDemand.ts';
import { StoredSettledOffsets } from '../adapters/store/settledOffsets.ts';
import { StoredVerification } from '../adapters/store/verifyStore.ts';
import { checkInvariants } from '../services/checkInvariants.ts';
import { recheckCommand } from '../services/recheckCommand.ts';
import { runCommands } from '../services/runCommands.ts';
import { startVerifier, type VerifierOptions } from '../services/startVerifier.ts';
import { verifiedTable } from '../services/verifiedTable.ts';
import { WindowMemory } from '../services/windowMemory.ts';
import { pause, processName, systemClock, uuidV7 } from './clocks.ts';
import { configuredConnectors } from './configuredConnectors.ts';
import { kafkaConnection } from './kafkaConnection.ts';
import { keptReports } from './keptReports.ts';
import type { Stoppable } from './lifetime.ts';
import { repeat } from './repeat.ts';
import type { RoleDeps } from './roleDeps.ts';
import { startSelfTests } from './selfTesting.ts';
import { SourceDatabases } from './sourceDatabases.ts';
import { sweepPorts } from './sweepPorts.ts';

/** The role `verify`: sweeps the mapped tables. It alone reads rows of the watched databases, and writes canaries. */
export function startVerifyRole(deps: RoleDeps): Stoppable {
  const { config, database, logger, status } = deps;
  const { settings, migration } = config;
  const databases = new SourceDatabases(settings.databases);
  const store = new StoredVerification(database.pool, settings.kafka.groupId);
  const connectors = configuredConnectors(config);
  const fenceOf = (name: string | undefined) =>
    connectors === null || name === undefined ? null : connectorFence(connectors, name);
  const kept = keptReports(status, 'verify:');
  const owner = processName();
  const connection = kafkaConnection(settings.kafka);
  const groups = new GroupOffsets(connection, logger);
  // A group of its own: every verifier reads every partition, and keeps its positions in the store alone.
  const source = new KafkaEventSource({ connection, groupId: `${settings.kafka.groupId}.verify.${owner}`, logger });
  const memory = new WindowMemory(settings.verify.windowMiB * 1024 * 1024);
  const tables = migration.contexts.flatMap((context) =>
    context.tables.map((mapping) => {
      const sides = [databases.get(mapping.source.database), databases.get(mapping.target.database)] as const;
      return verifiedTable({
        context: context.id,
        mapping,
        reader: new PostgresRowReader(mapping, ...sides),
        keyReader: new PostgresKeyReader(mapping, ...sides),
        store,
        log: source,
        groupOffsets: (groupId) => groups.appliedBy(groupId),
        fence: fenceOf(mapping.connector),
        reverseFence: fenceOf(mapping.reverse?.connector),
        clock: systemClock,
        ids: uuidV7,
        pause,
        logger,
        memory,
        sagas: context.sagas.map(({ correlate }) => correlate),
      });
    }),
  );
  const loads = new Map(databases.all.map((database) => [database.id, new SourceLoad(database)]));
  const verifying = {
    tables,
    sweep: sweepPorts({
      settings,
      databases,
      connect: connectors,
      loads,
      store,
      settled: new StoredSettledOffsets(database.pool),
      logger,
    }),
    source,
    databases: databases.all.map((database) => new SourceDatabaseProbe(database, loads.get(database.id))),
    continuous: new StoredContinuous(database.pool),
    owner,
    clock: systemClock,
    pause,
    logger,
    status: kept,
    everyMs: settings.verify.every,
    demand: new StoredPassDemand(database.pool),
  };
  const verifier = startVerifier(verifying);
  const commands = repeat('commands', COMMANDS_EVERY_MS, logger, commandsOf(verifying, database));
  const invariants = repeat('invariants', INVARIANTS_EVERY_MS, logger, (signal) =>
    checkInvariants(
      {
        contexts: migration.contexts,
        tables,
        reader: new PostgresInvariantReader((id) => databases.get(id)),
        store: new StoredInvariants(database.pool),
        clock: systemClock,
        pause,
        logger,
        status,
        everyMs: INVARIANTS_EVERY_MS,
      },
      signal,
    ),
  );
  const selfTests = startSelfTests(deps, tables, owner);
  return {
    name: 'verify',
    async stop() {
      // First, while the verifier runs: rows that are wrong on purpose are put back before it ends.
      await Promise.all(selfTests.map((each) => each.stop()));
      await invariants.stop();
      await commands.stop();
      await verifier.stop();
      kept.stop();
      await groups.stop();
      await databases.close();
    },
  };
}

const INVARIANTS_EVERY_MS = 10_000;
/** What web and command lines ask of the verifier: a person waits for it. */
const COMMANDS_EVERY_MS = 500;

function commandsOf({ tables, owner, logger }: VerifierOptions, database: Database) {
  const store = commandStore(database.pool);
  const handlers = [recheckCommand({ tables, store })];
  return (signal: AbortSignal) => runCommands({ store, handlers, owner, logger }, signal);
}
