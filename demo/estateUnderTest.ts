import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { freePort } from '../lib/adapters/embedded/embeddedPostgres.ts';
import { prepareDatabases } from './estate/prepareDatabases.ts';
import { type EstateName, type EstateProcess, estateProcesses } from './estate/processes.ts';
import { connectorConfig } from './infra/connectors.ts';
import { type Infra, type InfraKind, startInfra } from './infra/infra.ts';
import { CDC_TOPICS, EVENT_TOPICS } from './infra/topics.ts';
import { type ManagedProcess, startProcess, untilHealthy } from './managedProcess.ts';
import { Parts } from './parts.ts';

export interface EstateUnderTest {
  readonly infra: Infra;
  readonly urls: Readonly<Record<EstateName, string>>;
  /** The processes that run now, or ended without being asked to. */
  readonly processes: ReadonlyMap<EstateName, ManagedProcess>;
  /** Starts a process, also once more after it was killed. */
  start(name: EstateName): Promise<void>;
  stop(): Promise<void>;
}

/** The whole estate with `items` products in a folder of its own, without load and without Banyan. */
export async function startEstateUnderTest(kind: InfraKind, items: number, rate: number): Promise<EstateUnderTest> {
  const dataDir = mkdtempSync('/tmp/banyan-estate-');
  chmodSync(dataDir, 0o755);
  const parts = new Parts();
  const sink = await spanSink();
  const stop = async (): Promise<void> => {
    await parts.stopAll(20_000, () => undefined);
    await sink.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    const ports = { kafka: await freePort(), connect: await freePort(), postgres: await freePort() };
    const infra = await startInfra({ kind, dataDir: join(dataDir, 'infra'), ports, log: () => undefined });
    parts.add('infra', { name: 'infrastructure', stop: () => infra.stop(), kill: () => infra.kill() });
    await prepareDatabases(infra.databases, { items, readerPassword: 'reader' });
    await infra.ensureTopics([...CDC_TOPICS, ...EVENT_TOPICS]);

    const specs = estateProcesses({
      ports: await estatePorts(),
      kafka: infra.kafka,
      databases: infra.databases,
      otlpHttp: sink.url,
      dataDir,
      rate,
      items,
    });
    const processes = new Map<EstateName, ManagedProcess>();
    const start = async (spec: EstateProcess): Promise<void> => {
      const logFile = join(dataDir, 'logs', `${spec.name}.log`);
      const child = startProcess({ ...spec, logFile });
      processes.set(spec.name, child);
      parts.add(spec.name === 'load' || spec.name === 'facade' ? spec.name : 'services and Banyan', child);
      await untilHealthy(child, spec.healthUrl, logFile);
    };
    // The facade first: the order must not matter.
    await Promise.all(
      specs
        .filter((spec) => spec.name !== 'load')
        .reverse()
        .map(start),
    );
    await infra.putConnector('monolith', connectorConfig('monolith', infra.databases.monolith));
    return {
      infra,
      urls: Object.fromEntries(specs.map((spec) => [spec.name, spec.url])) as Record<EstateName, string>,
      processes,
      async start(name) {
        for (const spec of specs) if (spec.name === name) await start(spec);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function estatePorts(): Promise<Record<EstateName, number>> {
  return {
    monolith: await freePort(),
    'inventory-service': await freePort(),
    orders: await freePort(),
    payments: await freePort(),
    facade: await freePort(),
    load: await freePort(),
  };
}

/** Takes the estate's spans and drops them. */
async function spanSink(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end());
  });
  const port = await freePort();
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
