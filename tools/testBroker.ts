import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The embedded broker as a process of its own, for one suite. */
export interface TestBroker {
  readonly address: string;
  readonly port: number;
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

const MAIN = fileURLToPath(new URL('../demo/infra/embedded/broker/main.ts', import.meta.url));

/** Starts a broker on this port (0: a free one); it ends with its parent at the latest. */
export async function startTestBroker(port = 0, dataDir?: string): Promise<TestBroker> {
  const env = { ...process.env, PORT: String(port), ...(dataDir === undefined ? {} : { DATA_DIR: dataDir }) };
  const child = fork(MAIN, { env, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const bound = await new Promise<number>((resolve, reject) => {
    child.once('message', (message: { port: number }) => resolve(message.port));
    child.once('exit', (code) => reject(new Error(`the broker ended with ${code}`)));
  });
  return {
    address: `127.0.0.1:${bound}`,
    port: bound,
    async stop(signal = 'SIGTERM') {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill(signal);
      await ended;
    },
  };
}
