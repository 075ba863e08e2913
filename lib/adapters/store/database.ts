import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { BanyanError, messageOf } from '../../errors.ts';
import { PrismaClient } from '../../generated/prisma/client.ts';
import { migrate } from './migrate.ts';

/** The store's one connection pool, and the Prisma client that shares it, made when it is first asked for. */
export interface Database {
  readonly pool: pg.Pool;
  readonly prisma: PrismaClient;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly url: string;
  /** Names the connections in pg_stat_activity. */
  readonly applicationName: string;
  readonly maxConnections?: number;
  /** True in the process that brings the schema up to date. */
  readonly migrate: boolean;
  /** Longest wait for a statement; migrations are exempt. */
  readonly statementMs?: number;
}

// Put together at run time: the web's bundler would take a literal for a module to bundle.
const MIGRATIONS = join(dirname(fileURLToPath(import.meta.url)), ...['..', '..', '..', 'prisma', 'migrations']);

/** A statement that takes longer, or whose answer never comes over a link that is half open, fails. */
const STATEMENT_MS = 30_000;
const ANSWER_MS = 1_000;

/**
 * Connects to the store and, if asked, applies missing migrations.
 * @throws BanyanError `unavailable` with the host's own words, password left out, when it can't be reached.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const statementMs = options.statementMs ?? STATEMENT_MS;
  const connection = {
    connectionString: options.url,
    application_name: options.applicationName,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  };
  const pool = new pg.Pool({
    ...connection,
    max: options.maxConnections ?? 10,
    idleTimeoutMillis: 30_000,
    // The server ends what takes too long; a little later the driver gives up on a server that does not answer.
    statement_timeout: statementMs,
    query_timeout: statementMs + ANSWER_MS,
  });
  // A connection that dies is replaced at the next query. Without a listener it would end the process: the pool hears
  // of idle ones, a client that is checked out only by itself, while its query is rejected as well.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  try {
    await pool.query('select 1');
    if (options.migrate) await migrate(connection, MIGRATIONS);
  } catch (error) {
    await pool.end().catch(() => undefined);
    if (error instanceof BanyanError) throw error;
    const { host, pathname } = new URL(options.url);
    throw new BanyanError('unavailable', `the store ${host}${pathname} can't be reached: ${messageOf(error)}`, {
      cause: error,
      fix: 'start it, or correct DATABASE_URL',
    });
  }
  let prisma: PrismaClient | undefined;
  return {
    pool,
    get prisma() {
      prisma ??= new PrismaClient({ adapter: new PrismaPg(pool) });
      return prisma;
    },
    async close() {
      await prisma?.$disconnect();
      await pool.end();
    },
  };
}
