import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assertPortFree, freePort, startEmbeddedPostgres } from '../../adapters/embedded/embeddedPostgres.ts';
import { pinoLogger } from '../../adapters/log/pinoLogger.ts';
import { openDatabase } from '../../adapters/store/database.ts';
import { loadConfig } from '../../config.ts';
import { BanyanError } from '../../errors.ts';
import { type Stoppable, startOrStop, stopInOrder } from '../lifetime.ts';
import { portFrom } from '../portFrom.ts';
import { supervise } from '../supervise.ts';
import { withoutSecrets } from '../withoutSecrets.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const SERVER = join(root, '.next', 'standalone', 'server.js');

/**
 * Runs the store (embedded unless DATABASE_URL is set), the worker and the web process until it is told to stop:
 * web first, so that nobody reads a half-stopped system, then worker, then the store.
 */
export async function startCommand(options: { config: string; data: string }): Promise<void> {
  const logger = pinoLogger('banyan');
  const config = loadConfig(options.config);
  const { host } = config.settings.listen;
  const port = portFrom('PORT', 3000);
  if (!existsSync(SERVER)) {
    throw new BanyanError('unavailable', 'the web part is not built yet', { fix: 'npm run build' });
  }
  await assertPortFree(port, 'web', 'PORT');
  await assertPortFree(portFrom('OTLP_HTTP_PORT', 4318), 'OTLP over HTTP', 'OTLP_HTTP_PORT');
  await assertPortFree(portFrom('OTLP_GRPC_PORT', 4317), 'OTLP over gRPC', 'OTLP_GRPC_PORT');
  await assertPortFree(portFrom('WORKER_METRICS_PORT', 9464), "the worker's metrics", 'WORKER_METRICS_PORT');

  const parts: Stoppable[] = [];
  stopInOrder(() => parts, logger);
  await startOrStop(
    () => parts,
    logger,
    async () => {
      const store = await openStore(resolve(options.data), parts);
      const worker = supervise(
        {
          name: 'worker',
          args: [
            join(root, 'bin', 'banyan.ts'),
            'worker',
            '--config',
            resolve(options.config),
            '--data',
            resolve(options.data),
          ],
          env: { ...process.env, DATABASE_URL: store },
        },
        logger,
      );
      parts.unshift(worker);
      const web = supervise(
        {
          name: 'web',
          args: [SERVER],
          env: {
            ...withoutSecrets(process.env, config.settings),
            // After the filter: a configuration may name this very variable.
            DATABASE_URL: store,
            PORT: String(port),
            HOSTNAME: host,
            NODE_ENV: 'production',
            BANYAN_WEB_HOST: host,
          },
          cwd: root,
        },
        logger,
      );
      parts.unshift(web);
    },
  );
  logger.info({ address: `http://localhost:${port}` }, 'Banyan is starting');
  await new Promise(() => undefined);
}

/** The store's URL: DATABASE_URL, or the embedded PostgreSQL in the data folder. Its schema is brought up to date. */
async function openStore(dataDir: string, parts: Stoppable[]): Promise<string> {
  let url = process.env.DATABASE_URL;
  if (url === undefined || url === '') {
    const port = process.env.POSTGRES_PORT === undefined ? await freePort() : portFrom('POSTGRES_PORT', 0);
    const server = await startEmbeddedPostgres({ dataDir: join(dataDir, 'postgres'), port });
    parts.push({ name: 'embedded PostgreSQL', stop: () => server.stop() });
    await server.ensureDatabase('banyan');
    url = server.url('banyan');
  }
  const database = await openDatabase({ url, applicationName: 'banyan-start', migrate: true });
  await database.close();
  return url;
}
