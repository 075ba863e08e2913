import { randomUUID } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import type { BrokerState } from './api.ts';
import { serveConnection } from './connection.ts';
import { Groups } from './groups.ts';
import { Topics } from './topics.ts';

const MIB = 1024 * 1024;

export interface BrokerOptions {
  /** 0 takes a free port. */
  readonly port: number;
  /** Folder of logs, topics and group offsets, found again by the next start; without one all is kept in memory. */
  readonly dataDir?: string | undefined;
  readonly host?: string;
  /** Bytes kept per partition at most, 1 GiB by default (512 MiB in memory); the oldest segments go first. */
  readonly retentionBytes?: number;
  readonly segmentBytes?: number;
}

export interface RunningBroker {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts the broker and resolves when it accepts connections. @throws what `listen` reports, such as EADDRINUSE */
export async function startBroker(options: BrokerOptions): Promise<RunningBroker> {
  const { dataDir, host = '127.0.0.1' } = options;
  const topics = new Topics({
    dataDir,
    retentionBytes: options.retentionBytes ?? (dataDir === undefined ? 512 : 1024) * MIB,
    segmentBytes: options.segmentBytes ?? 32 * MIB,
  });
  const groups = new Groups(dataDir);
  let producers = BigInt(Date.now()) * 1000n;
  const connections = new Set<Socket>();
  let state: BrokerState | undefined;
  const server = createServer((socket) => {
    if (state === undefined) return socket.destroy();
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
    return serveConnection(socket, state);
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, host, () => {
      const address = server.address();
      resolve(address !== null && typeof address === 'object' ? address.port : options.port);
    });
  });
  state = {
    host,
    port,
    clusterId: 'banyan-embedded',
    topics,
    groups,
    nextId: () => randomUUID(),
    nextProducerId: () => {
      producers += 1n;
      return producers;
    },
  };
  return {
    port,
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const connection of connections) connection.destroy();
      await closed;
      groups.close();
      topics.close();
    },
  };
}
