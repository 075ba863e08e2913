import { fork } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { BanyanError, messageOf } from '../../errors.ts';

export interface EmbeddedPostgresOptions {
  /** Folder of the cluster; made on the first start, found again on the next. */
  readonly dataDir: string;
  readonly port: number;
  /** Further server flags, e.g. ['-c', 'fsync=off']. */
  readonly flags?: readonly string[];
}

export interface EmbeddedPostgres {
  readonly port: number;
  /** Connection URL of one database as the superuser, or as the role given. */
  url(database: string, role?: { readonly user: string; readonly password: string }): string;
  /** Creates the database if it does not exist. */
  ensureDatabase(name: string): Promise<void>;
  /** Fast shutdown; resolves when the server has ended. */
  stop(): Promise<void>;
}

/** Refuses a folder that the server's own user could not reach: as root, PostgreSQL runs as another user. */
function assertReachable(dataDir: string): void {
  if (process.getuid?.() !== 0) return;
  for (let folder = dirname(resolve(dataDir)); folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(folder) && (statSync(folder).mode & 0o001) === 0) {
      throw new BanyanError('bad_input', `${folder} can be entered by root only, but PostgreSQL never runs as root`, {
        fix: 'keep the data elsewhere, for example --data /var/tmp/banyan, or run as an ordinary user',
      });
    }
  }
}

/** Fails with a clear message if something already listens on the port. */
export async function assertPortFree(port: number, what: string, variable: string): Promise<void> {
  await new Promise<void>((done, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      const text =
        error.code === 'EADDRINUSE' ? `port ${port} (${what}) is in use` : `port ${port} (${what}): ${error.message}`;
      reject(
        new BanyanError('bad_input', text, { fix: `free it, or choose another with ${variable}=<port>`, cause: error }),
      );
    });
    probe.listen(port, '127.0.0.1', () => probe.close(() => done()));
  });
}

/** A port that is free now, for tests and for the demo's inner parts. */
export function freePort(): Promise<number> {
  return new Promise((done, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        address !== null && typeof address === 'object' ? done(address.port) : reject(new Error('no port')),
      );
    });
  });
}

/**
 * Starts PostgreSQL 18 from its npm package on 127.0.0.1 and waits until it accepts connections.
 * @throws BanyanError `unavailable` with the server's own words if it does not start.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  assertReachable(options.dataDir);
  mkdirSync(dirname(options.dataDir), { recursive: true });
  accessSync(dirname(options.dataDir), constants.W_OK);
  const host = fork(fileURLToPath(new URL('./postgresHost.ts', import.meta.url)), [JSON.stringify(options)], {
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  const exited = new Promise<void>((done) => host.once('exit', () => done()));
  await new Promise<void>((done, reject) => {
    const fail = (reason: string) =>
      reject(
        new BanyanError('unavailable', `the embedded PostgreSQL on port ${options.port} did not start: ${reason}`),
      );
    host.once('message', (message: { ready: true } | { failed: string }) =>
      'ready' in message ? done() : fail(message.failed),
    );
    host.once('error', (error) => fail(messageOf(error)));
    host.once('exit', (code) => fail(`its process ended with code ${code}`));
  });
  const url = (database: string, role = { user: 'postgres', password: 'postgres' }) =>
    `postgresql://${role.user}:${encodeURIComponent(role.password)}@127.0.0.1:${options.port}/${database}`;
  return {
    port: options.port,
    url,
    async ensureDatabase(name) {
      const client = new pg.Client(url('postgres'));
      await client.connect();
      try {
        const found = await client.query('select 1 from pg_database where datname = $1', [name]);
        if (found.rowCount === 0) await client.query(`create database ${pg.escapeIdentifier(name)}`);
      } finally {
        await client.end();
      }
    },
    async stop() {
      if (host.connected) host.disconnect();
      await exited;
    },
  };
}
