import { Kafka, logLevel } from 'kafkajs';
import { Connectors } from './connectors.ts';
import { createConnectServer } from './connectServer.ts';
import { quietKafkajs } from './quietKafkajs.ts';

export interface CaptureOptions {
  /** 0 takes a free port. */
  readonly port: number;
  readonly brokers: readonly string[];
  /** Folder of the connectors' configurations and committed offsets. */
  readonly dataDir: string;
  readonly log?: (text: string) => void;
}

export interface RunningCapture {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts the connectors of an earlier run and the REST interface; resolves when it answers. */
export async function startCapture(options: CaptureOptions): Promise<RunningCapture> {
  const { log = (text) => console.log(text) } = options;
  quietKafkajs();
  const kafka = new Kafka({
    clientId: 'capture',
    brokers: [...options.brokers],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 100, retries: 5 },
  });
  const connectors = new Connectors(kafka, options.dataDir, log);
  let port = options.port;
  const server = createConnectServer(connectors, () => String(port));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', () => resolve());
  });
  const address = server.address();
  if (address !== null && typeof address === 'object') port = address.port;
  await connectors.restore();
  return {
    port,
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await connectors.end();
      await closed;
    },
  };
}
