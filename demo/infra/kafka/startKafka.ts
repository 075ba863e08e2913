import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../../lib/adapters/embedded/embeddedPostgres.ts';
import { DemoError } from '../../demoError.ts';
import { waitFor } from '../../waitFor.ts';
import { brokerAnswers } from '../demoKafka.ts';
import { fetchJars } from './fetchJars.ts';
import { type JavaCommand, type JavaProcess, javaFailure, SMALL_JVM, startJava } from './javaProcess.ts';
import { brokerProperties, connectProperties } from './properties.ts';
import { requireJava } from './requireJava.ts';

export interface BrokerOptions {
  readonly dataDir: string;
  readonly logDir: string;
  readonly kafkaPort: number;
  readonly log: (line: string) => void;
}

export interface KafkaOptions extends BrokerOptions {
  readonly connectPort: number;
}

export interface KafkaStack {
  /** host:port of the broker. */
  readonly kafka: string;
  readonly connectUrl: string;
  stopConnect(): Promise<void>;
  /** Ends Connect without warning and starts it again on what Kafka keeps for it. */
  killAndRestartConnect(): Promise<void>;
  stopBroker(): Promise<void>;
  kill(): void;
}

const logging = fileURLToPath(new URL('./log4j2.properties', import.meta.url));

/**
 * Starts Apache Kafka (one KRaft node) and a Connect worker with the Debezium plugin, and waits until both answer.
 * @throws DemoError without Java or Maven, on a jar that is not the locked one, or with the log's words if a JVM ends.
 */
export async function startKafka(options: KafkaOptions): Promise<KafkaStack> {
  const { broker, placed } = await placeBroker(options);
  const { kafka } = placed;
  const connectUrl = `http://127.0.0.1:${options.connectPort}`;
  try {
    options.log(`Kafka Connect with Debezium on ${connectUrl}`);
    const connectOptions = { ...placed, connectPort: options.connectPort, connectUrl };
    let connect = await startConnect(connectOptions);
    return {
      kafka,
      connectUrl,
      stopConnect: () => connect.stop(),
      async killAndRestartConnect() {
        connect.kill();
        await connect.ended;
        connect = await startConnect(connectOptions);
      },
      stopBroker: () => broker.stop(),
      kill() {
        connect.kill();
        broker.kill();
      },
    };
  } catch (error) {
    await broker.stop();
    throw error;
  }
}

/**
 * Starts Apache Kafka alone, on a free port, with all of its files in one folder, and waits until it answers.
 * @throws DemoError as `startKafka` does.
 */
export async function startKafkaBroker(
  dataDir: string,
  log: (line: string) => void,
): Promise<{ kafka: string; stop(): Promise<void> }> {
  const { broker, placed } = await placeBroker({ dataDir, logDir: dataDir, kafkaPort: await freePort(), log });
  return { kafka: placed.kafka, stop: () => broker.stop() };
}

interface Placed extends BrokerOptions {
  readonly jars: string;
  readonly kafka: string;
}

async function placeBroker(options: BrokerOptions): Promise<{ broker: JavaProcess; placed: Placed }> {
  requireJava();
  const jars = await fetchJars(options.log);
  const dataDir = resolve(options.dataDir);
  mkdirSync(dataDir, { recursive: true });
  mkdirSync(options.logDir, { recursive: true });
  const kafka = `127.0.0.1:${options.kafkaPort}`;
  const placed = { ...options, dataDir, jars, kafka };
  options.log(`Apache Kafka on ${kafka}`);
  return { broker: await startBroker(placed), placed };
}

/** The arguments of a JVM with Kafka's jars; java itself expands the star. */
function jvm(jars: string, heapMb: number, mainClass: string, ...rest: readonly string[]): string[] {
  const memory = [`-Xms64m`, `-Xmx${heapMb}m`];
  const log = `-Dlog4j2.configurationFile=${logging}`;
  return [...memory, ...SMALL_JVM, log, '-cp', join(jars, 'lib', '*'), mainClass, ...rest];
}

async function startBroker({ dataDir, logDir, kafkaPort, jars, kafka }: Placed): Promise<JavaProcess> {
  const dataFolder = join(dataDir, 'log');
  const properties = join(dataDir, 'server.properties');
  writeFileSync(
    properties,
    brokerProperties({ port: kafkaPort, controllerPort: await freePort(), logDir: dataFolder }),
  );
  if (!existsSync(join(dataFolder, 'meta.properties'))) format(jars, properties);
  const command: JavaCommand = {
    folder: dataDir,
    args: jvm(jars, 256, 'kafka.Kafka', properties),
    logFile: join(logDir, 'kafka.log'),
    pidFile: join(dataDir, 'kafka.pid'),
    stopWithinMs: 5_000,
  };
  const broker = startJava(command);
  await whileRunning(broker, 'Apache Kafka', command, () => brokerAnswers(kafka));
  return broker;
}

function format(jars: string, properties: string): void {
  const tool = ['kafka.tools.StorageTool', 'format', '-t', newClusterId(), '-c', properties];
  const args = ['-Xmx128m', '-XX:TieredStopAtLevel=1', '-cp', join(jars, 'lib', '*'), ...tool];
  const done = spawnSync('java', args, { encoding: 'utf8' });
  if (done.status === 0) return;
  throw new DemoError(`could not format Kafka's data folder: ${`${done.stderr}${done.stdout}`.trim().slice(-500)}`);
}

/** Any 16 bytes but those whose text begins with a dash, which the tool takes for an option. */
function newClusterId(): string {
  const bytes = randomBytes(16);
  bytes.writeUInt8(bytes.readUInt8() & 0x7f);
  return bytes.toString('base64url');
}

async function startConnect(
  options: Placed & { readonly connectPort: number; readonly connectUrl: string },
): Promise<JavaProcess> {
  const { dataDir, logDir, connectPort, jars, kafka, connectUrl } = options;
  const properties = join(dataDir, 'connect.properties');
  writeFileSync(properties, connectProperties({ port: connectPort, kafka, pluginFolder: join(jars, 'plugins') }));
  const command: JavaCommand = {
    folder: dataDir,
    args: jvm(jars, 256, 'org.apache.kafka.connect.cli.ConnectDistributed', properties),
    logFile: join(logDir, 'connect.log'),
    pidFile: join(dataDir, 'connect.pid'),
    stopWithinMs: 4_000,
  };
  const connect = startJava(command);
  await whileRunning(connect, 'Kafka Connect', command, async () => {
    const answer = await fetch(`${connectUrl}/connectors`, { signal: AbortSignal.timeout(2_000) });
    return answer.ok ? true : undefined;
  });
  return connect;
}

/** Waits for readiness as long as the JVM lives; ends it again if it does not get there. */
async function whileRunning(
  java: JavaProcess,
  name: string,
  command: JavaCommand,
  probe: () => Promise<true | undefined>,
): Promise<void> {
  try {
    const outcome = await waitFor(async () => (java.exitCode() === undefined ? probe() : 'ended'), {
      what: `${name} ready (log: ${command.logFile})`,
      timeoutMs: 90_000,
      everyMs: 200,
    });
    if (outcome === 'ended') throw javaFailure(name, command);
  } catch (error) {
    await java.stop();
    throw error;
  }
}
