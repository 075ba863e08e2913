import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { freePort } from '../lib/adapters/embedded/embeddedPostgres.ts';
import { prepareDatabases } from './estate/prepareDatabases.ts';
import { connectorConfig } from './infra/connectors.ts';
import { type Infra, type InfraKind, startInfra } from './infra/infra.ts';
import { CDC_TOPICS, EVENT_TOPICS } from './infra/topics.ts';
import type { ManagedProcess } from './managedProcess.ts';
import { Parts } from './parts.ts';
import { type RunningEstate, startEstate } from './startEstate.ts';

export interface EstateUnderTest {
  readonly infra: Infra;
  readonly estate: RunningEstate;
  /** Processes that ended without being asked to. */
  readonly lost: readonly ManagedProcess[];
  stop(): Promise<void>;
}

/** The whole estate with `items` products in a folder of its own, without load and without Banyan. */
export async function startEstateUnderTest(kind: InfraKind, items: number, rate: number): Promise<EstateUnderTest> {
  const dataDir = mkdtempSync('/tmp/banyan-estate-');
  chmodSync(dataDir, 0o755);
  const ports = { kafka: await freePort(), connect: await freePort(), postgres: await freePort() };
  const parts = new Parts();
  const sink = await spanSink();
  const lost: ManagedProcess[] = [];
  let stopping = false;
  const stop = async (): Promise<void> => {
    stopping = true;
    await parts.stopAll(20_000, () => undefined);
    await sink.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    const infra = await startInfra({ kind, dataDir: join(dataDir, 'infra'), ports, log: () => undefined });
    parts.add('infra', { name: 'infrastructure', stop: () => infra.stop(), kill: () => infra.kill() });
    await prepareDatabases(infra.databases, { items, readerPassword: 'reader' });
    await infra.ensureTopics([...CDC_TOPICS, ...EVENT_TOPICS]);
    const estate = await startEstate({
      kafka: infra.kafka,
      databases: infra.databases,
      otlpHttp: sink.url,
      facadePort: await freePort(),
      dataDir,
      items,
      rate,
      parts,
      signal: new AbortController().signal,
      onLoss: (child) => {
        if (!stopping) lost.push(child);
      },
    });
    await infra.putConnector('monolith', connectorConfig('monolith', infra.databases.monolith));
    return { infra, estate, lost, stop };
  } catch (error) {
    await stop();
    throw error;
  }
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
