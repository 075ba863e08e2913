import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { repairStatements } from '../../adapters/postgres/repairSql.ts';
import { type Database, openDatabase } from '../../adapters/store/database.ts';
import { StoredPasses } from '../../adapters/store/passReader.ts';
import { type Config, loadConfig } from '../../config.ts';
import { passExit } from '../../core/consistency/passExit.ts';
import type { Migration, TableMapping } from '../../core/migration/definition.ts';
import { BanyanError } from '../../errors.ts';
import type { Logger } from '../../ports/logger.ts';
import type { VerifyTarget } from '../../ports/verifyStore.ts';
import { askPass, followPass, WORKER_GONE_MS } from '../../services/followPass.ts';
import { pause, systemClock, uuidV7 } from '../clocks.ts';
import type { Stoppable } from '../lifetime.ts';
import { SourceDatabases } from '../sourceDatabases.ts';
import { startVerifyRole } from '../verifyRole.ts';
import { type TableReport, tableJson, tableText, verifyProgress } from './verifyOutput.ts';

const SILENT: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
/** A verifier of this process runs one pass: the next would begin after this. */
const NEVER_AGAIN_MS = 86_400_000;

export interface VerifyOptions {
  readonly config: string;
  readonly data: string;
  readonly json?: boolean;
  readonly fresh?: boolean;
  readonly repairSql?: boolean;
  readonly keys: string;
}

/**
 * Runs one pass over the tables of a context, or one of them, and prints what it found: by the worker that runs, or,
 * where none does, by itself.
 * @returns 0 all clean, 1 divergent, 2 not known
 * @throws BanyanError `bad_input` for arguments that are off; of the store and the databases
 */
export async function verifyCommand(what: string, options: VerifyOptions): Promise<number> {
  const keys = Number(options.keys);
  if (!Number.isInteger(keys) || keys < 0) throw new BanyanError('bad_input', `--keys ${options.keys} is no number`);
  const config = loadConfig(options.config);
  const tables = tablesOf(config.migration, what);
  const database = await openDatabase({
    url: storeUrl(resolve(options.data)),
    applicationName: 'banyan-verify',
    migrate: true,
  });
  const stopped = new AbortController();
  const stop = () => stopped.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  let own: Stoppable | null = null;
  try {
    const passes = new StoredPasses(database.pool);
    const asked = await Promise.all(
      tables.map(async (table) => ({
        ...table,
        asked: await askPass({
          passes,
          target: table.target,
          fresh: options.fresh ?? false,
          clock: systemClock,
          ids: uuidV7,
        }),
      })),
    );
    own = await verifierHere(config, tables, database, passes);
    const reports: TableReport[] = [];
    for (const { target, mapping, asked: pass } of asked) {
      const progress = verifyProgress(target, process.stderr);
      const run = await followPass({
        passes,
        target,
        asked: pass,
        own: own !== null,
        clock: systemClock,
        pause,
        signal: stopped.signal,
        onProgress: progress.show,
      }).finally(progress.end);
      if (run === null) throw new BanyanError('unavailable', 'stopped; the next call goes on where this one ended');
      reports.push({ target, mapping, run, findings: await passes.openFindings(target, keys) });
    }
    if (options.repairSql === true) await printRepairs(config, reports, passes);
    const code = passExit(reports.map(({ run }) => run));
    const print = options.repairSql === true ? console.error : console.log;
    if (options.json === true) print(JSON.stringify({ exit: code, tables: reports.map(tableJson) }, null, 2));
    else for (const report of reports) print(tableText(report));
    return code;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    await own?.stop();
    await database.close();
  }
}

interface WantedTable {
  readonly target: VerifyTarget;
  readonly mapping: TableMapping;
}

function tablesOf(migration: Migration, what: string): readonly WantedTable[] {
  const [contextId, tableId, ...more] = what.split('/');
  const context = migration.contexts.find(({ id }) => id === contextId);
  if (context === undefined || more.length > 0) {
    throw new BanyanError('bad_input', `"${what}" names no context`, {
      fix: `write <context> or <context>/<table>; contexts: ${migration.contexts.map(({ id }) => id).join(', ')}`,
    });
  }
  const wanted = context.tables.filter(({ id }) => tableId === undefined || id === tableId);
  if (wanted.length === 0) {
    throw new BanyanError('bad_input', `context ${context.id} maps no table ${tableId ?? 'at all'}`, {
      fix: `its tables: ${context.tables.map(({ id }) => id).join(', ') || 'none'}`,
    });
  }
  return wanted.map((mapping) => ({ target: { context: context.id, table: mapping.id }, mapping }));
}

/** DATABASE_URL, or the embedded store of a Banyan that runs on this host. */
function storeUrl(dataDir: string): string {
  const url = process.env.DATABASE_URL;
  if (url !== undefined && url !== '') return url;
  try {
    // The fourth line of the lock file of a PostgreSQL that runs is its port.
    const port = Number(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[3]);
    if (Number.isInteger(port) && port > 0) return `postgresql://postgres:postgres@127.0.0.1:${port}/banyan`;
  } catch {
    // No such file: no store runs there.
  }
  throw new BanyanError('bad_config', `there is no store: DATABASE_URL is not set, and none runs in ${dataDir}`, {
    fix: 'set DATABASE_URL, name the folder with --data, or start Banyan with `banyan start`',
  });
}

/** A verifier in this process, for these tables only, unless a worker is at it: two would read twice as much. */
async function verifierHere(
  config: Config,
  wanted: readonly WantedTable[],
  database: Database,
  passes: StoredPasses,
): Promise<Stoppable | null> {
  const seenAtMs = await passes.verifierSeenAtMs();
  if (seenAtMs !== null && systemClock.nowMs() - seenAtMs < WORKER_GONE_MS) return null;
  const contexts = config.migration.contexts
    .map((context) => ({
      ...context,
      // A pass is all that was asked for.
      selfTest: undefined,
      tables: context.tables.filter((table) =>
        wanted.some(({ target, mapping }) => target.context === context.id && mapping.id === table.id),
      ),
    }))
    .filter(({ tables }) => tables.length > 0);
  return startVerifyRole({
    config: {
      ...config,
      settings: { ...config.settings, verify: { ...config.settings.verify, every: NEVER_AGAIN_MS } },
      migration: { ...config.migration, contexts },
    },
    database,
    logger: SILENT,
    // What this process reports would pass for a worker's sign of life.
    status: { report: () => undefined },
  });
}

/** Prints the statements that would mend what is divergent; runs none. */
async function printRepairs(config: Config, reports: readonly TableReport[], passes: StoredPasses): Promise<void> {
  const databases = new SourceDatabases(config.settings.databases);
  try {
    for (const { target, mapping, run } of reports) {
      if (run.diverged === 0n) continue;
      const open = await passes.openFindings(target, Number(run.diverged));
      const keys = open.filter(({ verdict }) => verdict === 'DIVERGED').map(({ key }) => key);
      const [source, to] = [databases.get(mapping.source.database), databases.get(mapping.target.database)];
      console.log((await repairStatements(mapping, source, to, keys)).join('\n'));
    }
  } finally {
    await databases.close();
  }
}
