import { createHash } from 'node:crypto';
import { GroupOffsets } from '../adapters/kafka/groupOffsets.ts';
import { KafkaEventSource } from '../adapters/kafka/kafkaEventSource.ts';
import { QueriedAppliedPosition } from '../adapters/postgres/appliedPositionQuery.ts';
import { deliveryStore } from '../adapters/store/deliveryStore.ts';
import { evidenceStore } from '../adapters/store/evidenceStore.ts';
import { PgFactStore } from '../adapters/store/factStore.ts';
import { PgObservationStore } from '../adapters/store/observationStore.ts';
import { keepRetention } from '../adapters/store/retention.ts';
import { verdictStore } from '../adapters/store/verdictStore.ts';
import { webhookSender } from '../adapters/webhook/webhookSender.ts';
import { observedContext } from '../core/trace/observationsOf.ts';
import { observationLimits } from '../core/verdict/observationLimits.ts';
import { BanyanError } from '../errors.ts';
import { waiverKeeper } from '../services/applyWaivers.ts';
import { evaluate } from '../services/evaluate.ts';
import { startIngest } from '../services/ingest.ts';
import { ingestPlan } from '../services/ingestPlan.ts';
import { notify } from '../services/notify.ts';
import { startObservers } from '../services/observe.ts';
import { routeMessages } from '../services/routeMessages.ts';
import { processName, sleep, systemClock, uuidV7 } from './clocks.ts';
import { configuredConnectors } from './configuredConnectors.ts';
import { kafkaConnection } from './kafkaConnection.ts';
import { keptReports } from './keptReports.ts';
import type { Stoppable } from './lifetime.ts';
import { repeat } from './repeat.ts';
import type { RoleDeps } from './roleDeps.ts';
import { SourceDatabases } from './sourceDatabases.ts';
import { type SpanReceivers, startSpanReceivers } from './spanReceivers.ts';

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
    connectors: configuredConnectors(config),
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
const NO_WEBHOOK = 'no webhook is configured: with one, each change of a verdict is posted to it, signed';

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
    status.report(
      senders.length === 0
        ? { part: 'notify', state: 'off', detail: NO_WEBHOOK, fix: 'name an endpoint under alerts.endpoints' }
        : { part: 'notify', state: 'ok', detail: `webhook endpoints: ${senders.length}` },
    );
  });
  return {
    name: 'notify',
    async stop() {
      await Promise.all([loop, ...lanes].map((each) => each.stop()));
      await Promise.all(senders.map((sender) => sender.close()));
    },
  };
}
