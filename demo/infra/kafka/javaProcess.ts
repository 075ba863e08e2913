import { fork } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DemoError } from '../../demoError.ts';

export interface JavaCommand {
  /** Working folder of the JVM. */
  readonly folder: string;
  readonly args: readonly string[];
  readonly logFile: string;
  /** Holds the JVM's process id while it runs, so that the next start on the same folder can end one that was left behind. */
  readonly pidFile: string;
  /** A JVM that has not ended by itself after this long is killed. */
  readonly stopWithinMs: number;
}

export interface JavaProcess {
  /** Undefined while it runs. */
  exitCode(): number | undefined;
  readonly ended: Promise<void>;
  stop(): Promise<void>;
  kill(): void;
}

/** Arguments that keep a JVM small and its start quick. */
export const SMALL_JVM = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Djava.awt.headless=true'];

/** Starts a JVM behind a host process that ends it when this process is gone, however it went. */
export function startJava(command: JavaCommand): JavaProcess {
  const host = fork(fileURLToPath(new URL('./javaHost.ts', import.meta.url)), [JSON.stringify(command)], {
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  let code: number | undefined;
  const ended = new Promise<void>((done) =>
    host.once('exit', (exitCode) => {
      code = exitCode ?? 1;
      done();
    }),
  );
  return {
    exitCode: () => code,
    ended,
    async stop() {
      if (host.connected) host.disconnect();
      await ended;
    },
    kill() {
      if (host.connected) host.send('kill');
    },
  };
}

/** The error for a JVM that did not come up, with the last words of its log. */
export function javaFailure(name: string, command: JavaCommand): DemoError {
  const text = existsSync(command.logFile) ? readFileSync(command.logFile, 'utf8') : '';
  const telling = text.split('\n').filter((line) => /ERROR|Exception|Error:/.test(line));
  const words = (telling.length > 0 ? telling : text.split('\n')).slice(-4).join(' | ').slice(-800);
  return new DemoError(`${name} ended while starting: ${words.trim() || 'it said nothing'}`, {
    fix: `see ${command.logFile}`,
  });
}
