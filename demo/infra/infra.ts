import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../lib/adapters/embedded/embeddedPostgres.ts';
import { connectorStatus, overallState, putConnector, waitUntilRunning } from './connectRest.ts';
import { startEmbedded } from './embedded/start.ts';
import { endLeftOvers } from './endLeftOvers.ts';
import { requireJava } from './kafka/requireJava.ts';
import { startKafka } from './kafka/startKafka.ts';
import { ensureTopics, type TopicSpec } from './topics.ts';

export type InfraKind = 'embedded' | 'kafka';

export interface InfraOptions {
  readonly kind: InfraKind;
  readonly dataDir: string;
  readonly ports: { readonly kafka: number; readonly connect: number; readonly postgres: number };
  readonly log: (line: string) => void;
}

/** URL of each database of the demo as the superuser. */
export interface DatabaseUrls {
  readonly store: string;
  readonly monolith: string;
  readonly inventory: string;
  readonly orders: string;
  readonly payments: string;
}

/** Broker, capture and PostgreSQL of the demo, whichever of the two infrastructures runs. */
export interface Infra {
  readonly kind: InfraKind;
  /** host:port */
  readonly kafka: string;
  readonly connectUrl: string;
  readonly databases: DatabaseUrls;
  readonly postgres: EmbeddedPostgres;
  ensureTopics(list: readonly TopicSpec[]): Promise<void>;
  /** Creates or changes a connector and waits until it and its task run. */
  putConnector(name: string, config: Readonly<Record<string, string>>): Promise<void>;
  /** RUNNING, PAUSED, STOPPED, FAILED, STARTING or MISSING, of connector and tasks together. */
  connectorState(name: string): Promise<string>;
  /** Connectors, broker, PostgreSQL, in this order. */
  stop(): Promise<void>;
  /** Ends everything at once, without asking it. */
  kill(): void;
}

/** What either way of running broker and capture comes down to. */
interface Streaming {
  readonly kafka: string;
  readonly connectUrl: string;
  stopConnect(): Promise<void>;
  stopBroker(): Promise<void>;
  kill(): void;
}

const DATABASES = ['store', 'monolith', 'inventory', 'orders', 'payments'] as const;

/** Starts PostgreSQL, broker and capture and waits until all of them answer; on a failure nothing is left running. */
export async function startInfra(options: InfraOptions): Promise<Infra> {
  const { kind, dataDir, ports, log } = options;
  const logDir = join(dataDir, 'logs');
  if (kind === 'kafka') requireJava();
  await endLeftOvers(dataDir);
  log(`PostgreSQL 18 on 127.0.0.1:${ports.postgres}`);
  // Side by side: a JVM and PostgreSQL each need a few seconds.
  const starting = { dataDir: join(dataDir, kind), logDir, kafkaPort: ports.kafka, connectPort: ports.connect, log };
  const [postgres, streaming] = await Promise.allSettled([
    startEmbeddedPostgres({
      dataDir: join(dataDir, 'postgres'),
      port: ports.postgres,
      // A crash of the machine may cost the demo its last moments; a crash of a process may not, and does not.
      flags: ['-c', 'fsync=off', '-c', 'full_page_writes=off'],
    }),
    kind === 'kafka' ? startKafka(starting) : startEmbedded(starting),
  ]);
  if (postgres.status === 'rejected' || streaming.status === 'rejected') {
    if (streaming.status === 'fulfilled') await stopStreaming(streaming.value, () => undefined);
    if (postgres.status === 'fulfilled') await postgres.value.stop();
    throw postgres.status === 'rejected' ? postgres.reason : streaming.status === 'rejected' && streaming.reason;
  }
  return assemble(kind, postgres.value, streaming.value, log);
}

async function assemble(
  kind: InfraKind,
  postgres: EmbeddedPostgres,
  streaming: Streaming,
  log: (line: string) => void,
): Promise<Infra> {
  for (const name of DATABASES) await postgres.ensureDatabase(name);
  const { kafka, connectUrl } = streaming;
  return {
    kind,
    kafka,
    connectUrl,
    postgres,
    databases: {
      store: postgres.url('store'),
      monolith: postgres.url('monolith'),
      inventory: postgres.url('inventory'),
      orders: postgres.url('orders'),
      payments: postgres.url('payments'),
    },
    ensureTopics: (list) => ensureTopics(kafka, list),
    async putConnector(name, config) {
      await putConnector(connectUrl, name, config);
      await waitUntilRunning(connectUrl, name);
    },
    connectorState: async (name) => overallState(await connectorStatus(connectUrl, name)),
    async stop() {
      await stopStreaming(streaming, log);
      log('stopping PostgreSQL');
      await postgres.stop();
    },
    kill: () => streaming.kill(),
  };
}

async function stopStreaming(streaming: Streaming, log: (line: string) => void): Promise<void> {
  log('stopping the connectors');
  await streaming.stopConnect();
  log('stopping the broker');
  await streaming.stopBroker();
}
