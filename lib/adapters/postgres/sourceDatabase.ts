import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { z } from 'zod';
import { BanyanError, messageOf } from '../../errors.ts';
import { RowBudget } from './rowBudget.ts';
import { Turns } from './turns.ts';

export interface SourceDatabaseOptions {
  /** The database's id in the configuration; messages name it. */
  readonly id: string;
  readonly url: string;
  readonly ssl?: pg.ClientConfig['ssl'];
  /** At most this many connections; 4 unless given. */
  readonly maxConnections?: number;
  /** At most this many rows a second; 8,000 unless given, Infinity for a benchmark. */
  readonly rowsPerSec?: number;
  /** True to read with a role that may write. */
  readonly allowWritable?: boolean;
}

/** Text of a value, and a hash of that text, must not depend on whose session reads it. */
export const TEXT_SETTINGS: Readonly<Record<string, string>> = {
  TimeZone: 'UTC',
  DateStyle: 'ISO,YMD',
  IntervalStyle: 'postgres',
  extra_float_digits: '1',
  bytea_output: 'hex',
};

/** And nothing that a reader does may hold up the owner. */
const SETTINGS: Readonly<Record<string, string>> = {
  ...TEXT_SETTINGS,
  client_encoding: 'UTF8',
  default_transaction_read_only: 'on',
  statement_timeout: '4500',
  lock_timeout: '1000',
  idle_in_transaction_session_timeout: '10000',
  max_parallel_workers_per_gather: '0',
  jit: 'off',
};

/** By this name the database's owner finds Banyan's sessions, and Banyan leaves its own out of the load. */
export const APPLICATION_NAME = 'banyan verify';

export type RowQuery = <T extends z.ZodType>(schema: T, sql: string, values?: unknown[]) => Promise<z.infer<T>[]>;

/** Rows of a statement as the server sends them, columns by place: nothing is parsed, for where each microsecond counts. */
export type TextQuery = (sql: string, values?: unknown[]) => Promise<readonly (readonly (string | null)[])[]>;

const AS_SENT: pg.CustomTypesConfig = { getTypeParser: () => (text: string) => text };

/** Settings that a session has from its first statement on, as a connection's `options`. */
export function sessionOptions(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ');
}

/** One database that Banyan watches: read only, few connections, short statements, a budget of rows. */
export class SourceDatabase {
  readonly id: string;
  readonly allowWritable: boolean;
  readonly rowsPerSec: number;
  readonly budget: RowBudget;
  readonly maxConnections: number;
  readonly #pool: pg.Pool;
  /** Whoever waits for a connection waits here: a busy pool must not pass for a database that is away. */
  readonly #turns: Turns;
  readonly #place: string;
  #mayPrepare = true;

  constructor(options: SourceDatabaseOptions) {
    this.id = options.id;
    this.allowWritable = options.allowWritable ?? false;
    this.rowsPerSec = options.rowsPerSec ?? 8_000;
    this.maxConnections = options.maxConnections ?? 4;
    this.#turns = new Turns(this.maxConnections);
    this.budget = new RowBudget(this.rowsPerSec, Date.now, (ms) => sleep(ms));
    const { host, pathname } = new URL(options.url);
    this.#place = `database ${options.id} (${host}${pathname})`;
    this.#pool = new pg.Pool({
      connectionString: options.url,
      ...(options.ssl === undefined ? {} : { ssl: options.ssl }),
      application_name: APPLICATION_NAME,
      max: this.maxConnections,
      connectionTimeoutMillis: 5_000,
      idleTimeoutMillis: 30_000,
      // A connection keeps plans, and one that was made when a table was small may not suit it for ever.
      maxLifetimeSeconds: 600,
      options: sessionOptions(SETTINGS),
    });
    // A connection that dies, idle or in use, is replaced at the next query; without a listener it would end the process.
    this.#pool.on('error', () => undefined);
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /** Rows of one statement, checked by the schema. */
  query: RowQuery = (schema, sql, values = []) => this.#rows(schema, { text: sql, values });

  /** As `query`, of a statement that comes again and again: each connection parses it once, and PostgreSQL keeps its plan. */
  prepared: RowQuery = async (schema, sql, values = []) => {
    if (!this.#mayPrepare) return this.query(schema, sql, values);
    try {
      return await this.#rows(schema, { name: statementName(sql), text: sql, values });
    } catch (error) {
      if (!isOfAnotherSession(error)) throw error;
      this.#mayPrepare = false;
      return this.query(schema, sql, values);
    }
  };

  /** Rows of one statement, whose columns are texts. */
  texts: TextQuery = async (sql, values = []) => {
    try {
      return await this.#turns.run(() => readTexts(this.#pool, sql, values));
    } catch (error) {
      throw this.#explain(error);
    }
  };

  /** Runs statements in one REPEATABLE READ snapshot. */
  inSnapshot<T>(work: (query: RowQuery, texts: TextQuery) => Promise<T>): Promise<T> {
    return this.#turns.run(() => this.#inSnapshot(work));
  }

  async #rows<T extends z.ZodType>(schema: T, query: pg.QueryConfig): Promise<z.infer<T>[]> {
    try {
      const result = await this.#turns.run(() => this.#pool.query(query));
      return z.array(schema).parse(result.rows);
    } catch (error) {
      throw this.#explain(error);
    }
  }

  async #inSnapshot<T>(work: (query: RowQuery, texts: TextQuery) => Promise<T>): Promise<T> {
    let client: pg.PoolClient | undefined;
    try {
      client = await this.#pool.connect();
      const connected = client;
      await client.query('begin isolation level repeatable read read only');
      const value = await work(
        async (schema, sql, values = []) => z.array(schema).parse((await connected.query(sql, values)).rows),
        (sql, values = []) => readTexts(connected, sql, values),
      );
      await client.query('commit');
      client.release();
      return value;
    } catch (error) {
      client?.release(true);
      throw this.#explain(error);
    }
  }

  /** Allocates a transaction id and gives it back: needs no right but to connect. */
  async transactionId(): Promise<bigint> {
    return this.inSnapshot(async (query) => {
      const [row] = await query(z.object({ id: z.string() }), 'select pg_current_xact_id()::text as id');
      return BigInt(row?.id ?? 0);
    });
  }

  /** Connections open now. */
  get connections(): number {
    return this.#pool.totalCount;
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  #explain(error: unknown): BanyanError {
    if (error instanceof BanyanError) return error;
    const code = pg.DatabaseError && error instanceof pg.DatabaseError ? error.code : undefined;
    const text = `${this.#place}: ${messageOf(error)}`;
    switch (code) {
      case '57014':
        return new BanyanError('overloaded', `${text} (statements may take 4.5 s)`, { cause: error });
      case '55P03':
        return new BanyanError('unavailable', `${text} (waited 1 s for a lock)`, {
          cause: error,
          fix: 'wait for the statement that holds it, such as ALTER TABLE or VACUUM FULL; the pass then goes on',
        });
      case '42P01':
        return new BanyanError('not_found', text, {
          cause: error,
          fix: 'create the table again, or correct its name in banyan.yaml',
        });
      case '42703':
        return new BanyanError('not_found', text, { cause: error, fix: 'correct the columns in banyan.yaml' });
      case '53300':
        return new BanyanError('unavailable', text, {
          cause: error,
          fix: `leave ${this.maxConnections} connections to the role that Banyan uses`,
        });
      case '42501':
        return new BanyanError('forbidden', text, {
          cause: error,
          fix: 'grant select on it to the role that Banyan uses',
        });
      case '28P01':
      case '28000':
        return new BanyanError('unavailable', `${text}`, {
          cause: error,
          fix: `correct the user or password in databases.${this.id}.url`,
        });
      case '3D000':
        return new BanyanError('unavailable', `${text}`, {
          cause: error,
          fix: `correct the name in databases.${this.id}.url`,
        });
      case undefined:
        if (error instanceof z.ZodError) return new BanyanError('internal', `${text}`, { cause: error });
        return new BanyanError('unavailable', `${this.#place} can't be reached: ${messageOf(error)}`, {
          cause: error,
          fix: `start it, or correct databases.${this.id}.url`,
        });
      default:
        return new BanyanError(
          code.startsWith('57') || code.startsWith('53') || code.startsWith('08') ? 'unavailable' : 'bad_config',
          text,
          { cause: error },
        );
    }
  }
}

/** Behind a pooler that shares sessions between transactions, a statement may be looked for where it was not prepared. */
function isOfAnotherSession(error: unknown): boolean {
  const cause = error instanceof BanyanError ? error.cause : undefined;
  return cause instanceof pg.DatabaseError && (cause.code === '26000' || cause.code === '42P05');
}

/** PostgreSQL cuts names at 63 bytes. */
const statementName = (sql: string) => `banyan_${createHash('sha256').update(sql).digest('base64url')}`;

async function readTexts(client: pg.Pool | pg.PoolClient, text: string, values: unknown[]) {
  const { rows } = await client.query<(string | null)[]>({ text, values, rowMode: 'array', types: AS_SENT });
  return rows;
}
