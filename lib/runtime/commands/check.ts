import { kafkaClient } from '../../adapters/kafka/kafkaClient.ts';
import { LogRanges } from '../../adapters/kafka/logRanges.ts';
import { findingText } from '../../adapters/postgres/mappingFinding.ts';
import { SourceDatabaseProbe } from '../../adapters/postgres/sourceDatabaseProbe.ts';
import { openDatabase } from '../../adapters/store/database.ts';
import { type Config, loadConfig } from '../../config.ts';
import { BanyanError, messageOf } from '../../errors.ts';
import type { Connectors } from '../../ports/connectors.ts';
import type { DatabaseLook } from '../../ports/databaseProbe.ts';
import type { Logger } from '../../ports/logger.ts';
import { ingestPlan } from '../../services/ingestPlan.ts';
import { canaryRows } from '../canaryRows.ts';
import { configuredConnectors } from '../configuredConnectors.ts';
import { kafkaConnection } from '../kafkaConnection.ts';
import { SourceDatabases } from '../sourceDatabases.ts';
import { type CheckedTable, checkTable } from './checkTable.ts';

const SILENT: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** One thing to look at: its name, and the look, which returns what was found or throws. */
interface Probe {
  readonly name: string;
  readonly look: () => Promise<string | CheckedTable>;
}

/**
 * Probes each part that the configuration names, one line a part, with the fix under each that fails.
 * @returns 0 if all is well, 1 otherwise.
 */
export async function checkCommand(options: { config: string }): Promise<number> {
  const config = loadConfig(options.config);
  console.log(
    `✓ ${options.config}: ${config.migration.name}, contexts ${config.migration.contexts.map((c) => c.id).join(', ')}`,
  );
  const databases = new SourceDatabases(config.settings.databases);
  let failures = 0;
  for (const probe of probesOf(config, databases)) {
    try {
      const found = await probe.look();
      const { summary, findings } = typeof found === 'string' ? { summary: found, findings: [] } : found;
      const refused = findings.some(({ severity }) => severity === 'refused');
      if (refused) failures += 1;
      console.log(`${refused ? '✕' : '✓'} ${probe.name}: ${summary}`);
      for (const finding of findings) {
        console.log(`  ${finding.severity === 'refused' ? '✕' : '!'} ${findingText(finding)}`);
        console.log(`    fix: ${finding.fix}`);
      }
    } catch (error) {
      failures += 1;
      console.log(`✕ ${probe.name}: ${messageOf(error)}`);
      if (error instanceof BanyanError && error.fix !== undefined) console.log(`  fix: ${error.fix}`);
    }
  }
  await databases.close();
  console.log(failures === 0 ? 'all is well' : `${failures} ${failures === 1 ? 'part needs' : 'parts need'} mending`);
  return failures === 0 ? 0 : 1;
}

function* probesOf(config: Config, databases: SourceDatabases): Generator<Probe> {
  const { settings, migration } = config;
  const connect = configuredConnectors(config);
  yield { name: 'store', look: lookAtStore };
  yield { name: 'kafka', look: () => lookAtTopics(config) };
  for (const database of databases.all) {
    const probe = new SourceDatabaseProbe(database);
    yield { name: `database ${database.id}`, look: async () => lookText(await probe.probe()) };
  }
  for (const context of migration.contexts) {
    if (context.selfTest !== undefined) {
      yield { name: `self-test ${context.id}`, look: () => lookAtCanaries(config, context.id) };
    }
    for (const table of context.tables) {
      yield {
        name: `table ${context.id}/${table.id}`,
        look: () => checkTable(table, databases, connect),
      };
      const { connector } = table;
      if (connect !== null && connector !== undefined) {
        const url = settings.connect?.url ?? '';
        yield { name: `connector ${connector}`, look: () => lookAtConnector(connect, url, connector) };
      }
    }
  }
}

function lookText({ detail, limit }: DatabaseLook): string {
  return limit === null ? detail : `${detail}; limited: ${limit.detail} (${limit.fix})`;
}

async function lookAtStore(): Promise<string> {
  const url = process.env.DATABASE_URL;
  if (url === undefined || url === '') return 'embedded (DATABASE_URL is not set)';
  const database = await openDatabase({ url, applicationName: 'banyan-check', migrate: false });
  await database.close();
  return 'PostgreSQL answers';
}

async function lookAtCanaries(config: Config, context: string): Promise<string> {
  const rows = canaryRows(config, context);
  try {
    const columns = (await rows?.table())?.columns ?? [];
    return `canaries may be written, in ${columns.map(({ name }) => name).join(', ') || 'no column'}`;
  } finally {
    await rows?.close();
  }
}

async function lookAtTopics(config: Config): Promise<string> {
  const client = kafkaClient(kafkaConnection(config.settings.kafka), SILENT, { retry: { retries: 1 } });
  const log = new LogRanges(client.admin());
  try {
    return await lookAtLog(log, config);
  } finally {
    // An open connection would keep the command from ending.
    await log.stop();
  }
}

async function lookAtLog(log: LogRanges, config: Config): Promise<string> {
  const { brokers } = config.settings.kafka;
  const topics = await log.topics().catch((error: unknown) => {
    throw new BanyanError('unavailable', `${brokers.join(', ')} can't be reached: ${messageOf(error)}`, {
      fix: 'start the broker, or correct kafka.brokers; behind TLS or SASL, kafka.ssl and kafka.sasl',
      cause: error,
    });
  });
  const wanted = [...ingestPlan(config.migration).keys()];
  const missing = wanted.filter((topic) => !topics.includes(topic));
  if (missing.length > 0) {
    throw new BanyanError(
      'not_found',
      `of ${wanted.length} topics ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not there`,
      {
        fix: 'create them, or correct the names in the tables and sagas',
      },
    );
  }
  const ranges = await log.read(wanted);
  const records = [...ranges.values()].flat().reduce((sum, { low, high }) => sum + (high - low), 0n);
  return `${wanted.length} topics, ${records} records`;
}

async function lookAtConnector(connect: Connectors, url: string, name: string): Promise<string> {
  const status = await connect.status(name);
  const failed = status.tasks.find((task) => task.state === 'FAILED');
  if (status.state !== 'RUNNING' || failed !== undefined) {
    const why = failed?.trace ?? `it is ${status.state}`;
    throw new BanyanError('unavailable', why, { fix: `PUT ${url}/connectors/${name}/resume, or see Connect's log` });
  }
  return 'RUNNING';
}
