import { createHash } from 'node:crypto';
import { ConnectClient } from '../adapters/connect/connectClient.ts';
import { connectorFence } from '../adapters/connect/connectorFence.ts';
import { GroupOffsets } from '../adapters/kafka/groupOffsets.ts';
import { KafkaEventSource } from '../adapters/kafka/kafkaEventSource.ts';
import { QueriedAppliedPosition } from '../adapters/postgres/appliedPositionQuery.ts';
import { PostgresKeyReader } from '../adapters/postgres/postgresKeyReader.ts';
import { PostgresRowReader } from '../adapters/postgres/postgresRowReader.ts';
import { SourceDatabaseProbe } from '../adapters/postgres/sourceDatabaseProbe.ts';
import { StoredContinuous } from '../adapters/store/continuousStore.ts';
import type { Database } from '../adapters/store/database.ts';
import { deliveryStore } from '../adapters/store/deliveryStore.ts';
import { evidenceStore } from '../adapters/store/evidenceStore.ts';
import { PgFactStore } from '../adapters/store/factStore.ts';
import { PgObservationStore } from '../adapters/store/observationStore.ts';
import { keepRetention } from '../adapters/store/retention.ts';
import { verdictStore } from '../adapters/store/verdictStore.ts';
import { StoredVerification } from '../adapters/store/verifyStore.ts';
import { webhookSender } from '../adapters/webhook/webhookSender.ts';
import type { Config } from '../config.ts';
import { observedContext } from '../core/trace/observationsOf.ts';
import { observationLimits } from '../core/verdict/observationLimits.ts';
import { BanyanError, messageOf } from '../errors.ts';
import type { Connectors } from '../ports/connectors.ts';
import type { Logger } from '../ports/logger.ts';
import type { StatusBoard } from '../ports/statusBoard.ts';
import { waiverKeeper } from '../services/applyWaivers.ts';
import { evaluate } from '../services/evaluate.ts';
import { startIngest } from '../services/ingest.ts';
import { ingestPlan } from '../services/ingestPlan.ts';
import { notify } from '../services/notify.ts';
import { startObservers } from '../services/observe.ts';
import { routeMessages } from '../services/routeMessages.ts';
import { startVerifier } from '../services/startVerifier.ts';
import { verifiedTable } from '../services/verifiedTable.ts';
import { pause, processName, sleep, systemClock, uuidV7 } from './clocks.ts';
import { kafkaConnection } from './kafkaConnection.ts';
import { keptReports } from './keptReports.ts';
import type { Stoppable } from './lifetime.ts';
import { SourceDatabases } from './sourceDatabases.ts';
import { type SpanReceivers, startSpanReceivers } from './spanReceivers.ts';

/** What every role is built from. */
export interface RoleDeps {
  readonly config: Config;
  readonly database: Database;
  readonly logger: Logger;
  readonly status: StatusBoard;
}

/** The role `ingest`: Kafka records to facts, and everything that is watched beside them. */
export function startIngestRole({ config, database, logger, status }: RoleDeps): Stoppable {
  const { settings, migration } = config;
  const connection = kafkaConnection(settings.kafka);
  const consumer = settings.kafka.groupId;
  const databases = new SourceDatabases(settings.databases);
  const groups = new GroupOffsets(connection, logger);
  const shared = { clock: systemClock, logger, status, sleep };
  const ingest = startIngest({
    ...shared,
    plans: ingestPlan(migration),
    consumer,
    owner: processName(),
    startFrom: settings.kafka.startFrom,
    brokers: settings.kafka.brokers.join(','),
    source: new KafkaEventSource({ connection, groupId: consumer, logger, sessionTimeoutMs: 10_000 }),
    store: new PgFactStore(database.pool),
    hash: ({ key, value }) =>
      createHash('sha256')
        .update(key ?? '')
        .update(value ?? '')
        .digest(),
  });
  const observers = startObservers({
    ...shared,
    migration,
    consumer,
    ingest,
    store: new PgObservationStore(database.pool),
    appliedOf: (flow) =>
      flow.applied.kind === 'group'
        ? groups.appliedBy(flow.applied.groupId)
        : new QueriedAppliedPosition(databases.get(flow.appliedAt), flow.applied.query, flow.topic),
    groups,
    connectors: connectClient(config),
    limitsOf: (id) => {
      const context = migration.contexts.find((c) => c.id === id);
      if (context === undefined) throw new BanyanError('internal', `context ${id} is not configured`);
      return observationLimits(context);
    },
  });
  return {
    name: 'ingest',
    async stop() {
      await ingest.stop();
      await observers.stop();
      await databases.close();
    },
  };
}

/** The role `otlp`: spans over HTTP and gRPC. */
export async function startOtlpRole(
  { config, database, logger, status }: RoleDeps,
  ports: { readonly http: number; readonly grpc: number },
): Promise<Stoppable & { readonly receivers: SpanReceivers }> {
  const receivers = await startSpanReceivers({
    pool: database.pool,
    contexts: config.migration.contexts.map((context) =>
      observedContext(context, (route) =>
        route.kind === 'read' ? observationLimits(context).latencyUs : observationLimits(context).transactionTimeUs,
      ),
    ),
    logger,
    status,
    host: config.settings.otlp.host,
    httpPort: ports.http,
    grpcPort: ports.grpc,
  });
  return { name: 'otlp', receivers, stop: () => receivers.stop() };
}

/** The role `verify`: sweeps the mapped tables. It alone reads rows of the watched databases. */
export function startVerifyRole({ config, database, logger, status }: RoleDeps): Stoppable {
  const { settings, migration } = config;
  const databases = new SourceDatabases(settings.databases);
  const store = new StoredVerification(database.pool, settings.kafka.groupId);
  const connectors = connectClient(config);
  const fenceOf = (name: string | undefined) =>
    connectors === null || name === undefined ? null : connectorFence(connectors, name);
  const kept = keptReports(status, 'verify:');
  const owner = processName();
  const connection = kafkaConnection(settings.kafka);
  const groups = new GroupOffsets(connection, logger);
  // A group of its own: every verifier reads every partition, and keeps its positions in the store alone.
  const source = new KafkaEventSource({ connection, groupId: `${settings.kafka.groupId}.verify.${owner}`, logger });
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
      });
    }),
  );
  const verifier = startVerifier({
    tables,
    source,
    continuous: new StoredContinuous(database.pool),
    databases: databases.all.map((database) => new SourceDatabaseProbe(database)),
    owner,
    clock: systemClock,
    pause,
    logger,
    status: kept,
    everyMs: settings.verify.every,
  });
  return {
    name: 'verify',
    async stop() {
      await verifier.stop();
      kept.stop();
      await groups.stop();
      await databases.close();
    },
  };
}

const RETENTION_EVERY_MS = 3_600_000;

/** The role `evaluate`: a verdict of each stage, every few seconds. */
export function startEvaluateRole({ config, database, logger, status }: RoleDeps): Stoppable {
  const store = verdictStore(database.pool);
  const kept = keptReports(status, '');
  const deps = {
    store,
    evidence: evidenceStore(database.pool, config.settings.kafka.groupId),
    clock: systemClock,
    ids: uuidV7,
    logger,
    status: kept,
    intervalMs: config.settings.evaluate.every,
  };
  const retention = repeat('retention', RETENTION_EVERY_MS, logger, () => keepRetention(database.pool));
  const keepWaivers = waiverKeeper(deps, config.migration.contexts);
  const loop = repeat('evaluate', config.settings.evaluate.every, logger, async () => {
    await keepWaivers();
    await evaluate(deps, config.migration);
  });
  return {
    name: 'evaluate',
    async stop() {
      await loop.stop();
      await retention.stop();
      kept.stop();
    },
  };
}

const NOTIFY_EVERY_MS = 1_000;

/** The role `notify`: sends the outbox. It alone holds webhook secrets. */
export function startNotifyRole({ config, database, logger, status }: RoleDeps): Stoppable {
  const senders = config.settings.alerts.endpoints.map((endpoint) =>
    webhookSender({
      id: endpoint.id,
      url: endpoint.url,
      secret: () => endpoint.secret.reveal(),
      types: endpoint.types ?? null,
      allowPrivate: endpoint.allowPrivate,
    }),
  );
  const store = deliveryStore(database.pool);
  const deps = { store, clock: systemClock, random: Math.random, logger, status };
  const lanes = senders.map((sender) =>
    repeat(`webhook:${sender.endpointId}`, NOTIFY_EVERY_MS, logger, (signal) => notify(deps, sender, signal)),
  );
  const loop = repeat('notify', NOTIFY_EVERY_MS, logger, async () => {
    await routeMessages(store, senders);
    const detail = senders.length === 0 ? 'no webhook is configured' : `${senders.length} webhook endpoints`;
    status.report({ part: 'notify', state: 'ok', detail });
  });
  return {
    name: 'notify',
    async stop() {
      await Promise.all([loop, ...lanes].map((each) => each.stop()));
      await Promise.all(senders.map((sender) => sender.close()));
    },
  };
}

function connectClient(config: Config): Connectors | null {
  const { connect } = config.settings;
  if (connect === undefined) return null;
  if (connect.auth === undefined) return new ConnectClient({ url: connect.url });
  const { username, password } = connect.auth;
  const credentials = Buffer.from(`${username}:${password.reveal()}`).toString('base64');
  return new ConnectClient({ url: connect.url, authorization: `Basic ${credentials}` });
}

/** Runs the work again and again, one at a time; what goes wrong is logged and tried again. */
function repeat(
  name: string,
  everyMs: number,
  logger: Logger,
  work: (stopped: AbortSignal) => Promise<void>,
): Stoppable {
  const stopped = new AbortController();
  const loop = (async () => {
    while (!stopped.signal.aborted) {
      await work(stopped.signal).catch((error: unknown) =>
        logger.warn({ role: name, error: messageOf(error) }, 'tried again soon'),
      );
      await pause(everyMs, stopped.signal);
    }
  })();
  return {
    name,
    async stop() {
      stopped.abort();
      await loop;
    },
  };
}
