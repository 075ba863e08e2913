import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The embedded change data capture as a process of its own, with the REST interface of Kafka Connect, for one suite. */
export interface TestCapture {
  readonly url: string;
  /** Makes a connector, or gives it another configuration. */
  put(name: string, config: Readonly<Record<string, string>>): Promise<void>;
  stop(): Promise<void>;
}

const MAIN = fileURLToPath(new URL('../demo/infra/embedded/capture/main.ts', import.meta.url));

/** Starts a capture that writes to this broker and keeps its offsets in the folder; it ends with its parent at the latest. */
export async function startTestCapture(broker: string, dataDir: string): Promise<TestCapture> {
  const env = { ...process.env, PORT: '0', KAFKA_BROKERS: broker, DATA_DIR: dataDir };
  const child = fork(MAIN, { env, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (message: { port: number }) => resolve(message.port));
    child.once('exit', (code) => reject(new Error(`the capture ended with ${code}`)));
  });
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    async put(name, config) {
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify(config);
      const answer = await fetch(`${url}/connectors/${name}/config`, { method: 'PUT', headers, body });
      if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** The connector of one table of a test's database, with a heartbeat: what is committed at the source is soon captured. */
export function captureOf(databaseUrl: string, prefix: string, table: string): Readonly<Record<string, string>> {
  const url = new URL(databaseUrl);
  return {
    'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
    'database.hostname': url.hostname,
    'database.port': url.port,
    'database.user': decodeURIComponent(url.username),
    'database.password': decodeURIComponent(url.password),
    'database.dbname': url.pathname.slice(1),
    'topic.prefix': prefix,
    'plugin.name': 'pgoutput',
    'slot.name': `${url.pathname.slice(1, 50)}_slot`,
    'publication.name': 'test_pub',
    'publication.autocreate.mode': 'filtered',
    'table.include.list': table,
    'decimal.handling.mode': 'string',
    'time.precision.mode': 'isostring',
    'heartbeat.interval.ms': '100',
    'heartbeat.action.query': 'select pg_logical_emit_message(false, $$heartbeat$$, $$$$)',
  };
}
