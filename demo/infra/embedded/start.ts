import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DemoError } from '../../demoError.ts';
import { lastLines, type ManagedProcess, startProcess, untilHealthy } from '../../managedProcess.ts';
import { waitFor } from '../../waitFor.ts';
import { brokerAnswers } from '../demoKafka.ts';

export interface EmbeddedOptions {
  readonly dataDir: string;
  readonly logDir: string;
  readonly kafkaPort: number;
  readonly connectPort: number;
  readonly log: (line: string) => void;
}

export interface EmbeddedStreaming {
  readonly kafka: string;
  readonly connectUrl: string;
  stopConnect(): Promise<void>;
  stopBroker(): Promise<void>;
  kill(): void;
}

const entry = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Starts the broker and the change data capture that need npm only, each as a process, and waits until both answer. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedStreaming> {
  const { dataDir, logDir, kafkaPort, connectPort, log } = options;
  const kafka = `127.0.0.1:${kafkaPort}`;
  const connectUrl = `http://127.0.0.1:${connectPort}`;
  log(`embedded broker on ${kafka}`);
  const brokerLog = join(logDir, 'broker.log');
  const broker = startProcess({
    name: 'broker',
    entry: entry('./broker/main.ts'),
    env: { PORT: String(kafkaPort), DATA_DIR: join(dataDir, 'broker') },
    logFile: brokerLog,
  });
  try {
    await untilBrokerAnswers(broker, kafka, brokerLog);
    log(`embedded change data capture on ${connectUrl}`);
    const captureLog = join(logDir, 'capture.log');
    const capture = startProcess({
      name: 'capture',
      entry: entry('./capture/main.ts'),
      env: { PORT: String(connectPort), KAFKA_BROKERS: kafka, DATA_DIR: join(dataDir, 'capture') },
      logFile: captureLog,
    });
    await untilHealthy(capture, `${connectUrl}/connectors`, captureLog).catch(async (error: unknown) => {
      await capture.stop();
      throw error;
    });
    return {
      kafka,
      connectUrl,
      stopConnect: () => capture.stop(),
      stopBroker: () => broker.stop(),
      kill() {
        capture.kill();
        broker.kill();
      },
    };
  } catch (error) {
    await broker.stop();
    throw error;
  }
}

async function untilBrokerAnswers(broker: ManagedProcess, kafka: string, logFile: string): Promise<void> {
  const outcome = await waitFor(async () => (broker.isRunning ? brokerAnswers(kafka) : 'ended'), {
    what: `the embedded broker on ${kafka}`,
    timeoutMs: 30_000,
  });
  if (outcome === 'ended') throw new DemoError(`the embedded broker ended while starting: ${lastLines(logFile)}`);
}
