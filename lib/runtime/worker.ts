// The composition root of the worker: one process with all roles, or several with some each.
import { hostname } from 'node:os';
import { join } from 'node:path';
import { pinoLogger } from '../adapters/log/pinoLogger.ts';
import { startWorkerMetrics } from '../adapters/prometheus/workerMetrics.ts';
import { storeConfigSnapshot } from '../adapters/store/configSnapshot.ts';
import { openDatabase } from '../adapters/store/database.ts';
import { startStatusBoard } from '../adapters/store/statusBoard.ts';
import { startTelemetry } from '../adapters/telemetry/startTelemetry.ts';
import { loadConfig } from '../config.ts';
import { BanyanError, messageOf } from '../errors.ts';
import { startCertifying } from './certifying.ts';
import { type Stoppable, startOrStop, stopInOrder } from './lifetime.ts';
import { namedParts } from './namedParts.ts';
import { portFrom } from './portFrom.ts';
import type { RoleDeps } from './roleDeps.ts';
import { startVerifyRole } from './verifyRole.ts';
import { startEvaluateRole, startIngestRole, startNotifyRole, startOtlpRole } from './workerRoles.ts';
import { registerWorkerSeries } from './workerSeries.ts';

export const WORKER_ROLES = ['otlp', 'ingest', 'verify', 'evaluate', 'notify'] as const;
export type WorkerRole = (typeof WORKER_ROLES)[number];

/**
 * Runs the worker until it is told to stop: receivers first, then readers, judges, senders, and the store last.
 * @throws BanyanError `bad_config` or `unavailable` if it can't start.
 */
export async function runWorker(options: { config: string; roles: string; data: string }): Promise<void> {
  const logger = pinoLogger('worker');
  // One part's unexpected failure must not take the others down; the supervisor starts a dead process again anyway.
  process.on('unhandledRejection', (error) => logger.error({ error: messageOf(error) }, 'a rejection was not handled'));
  const roles = rolesOf(options.roles);
  const config = loadConfig(options.config);
  const url = process.env.DATABASE_URL;
  if (url === undefined || url === '') {
    throw new BanyanError('bad_config', 'the worker needs DATABASE_URL', {
      fix: 'run `banyan start`, which brings a store along, or set DATABASE_URL=postgresql://…',
    });
  }
  const worker = process.env.BANYAN_WORKER_ID ?? hostname();
  const running: Stoppable[] = [];
  // Beneath the roles, the last started first: the store is the last to go.
  const beneath: Stoppable[] = [];
  const parts = () => [...running, ...beneath];
  stopInOrder(parts, logger);
  await startOrStop(parts, logger, async () => {
    const stopTelemetry = startTelemetry('banyan-worker');
    beneath.unshift({ name: 'telemetry', stop: stopTelemetry });
    const database = await openDatabase({ url, applicationName: 'banyan-worker', maxConnections: 24, migrate: true });
    beneath.unshift({ name: 'store', stop: () => database.close() });
    const status = startStatusBoard(database.pool, worker, logger, namedParts(config));
    beneath.unshift({ name: 'status', stop: () => status.stop() });
    const deps: RoleDeps = { config, database, logger, status };
    await storeConfigSnapshot(database.pool, config.digest, config.migration);
    const metrics = await startWorkerMetrics(config.settings.otlp.host, portFrom('WORKER_METRICS_PORT', 9464));
    beneath.unshift(reportStore(deps), { name: 'metrics', stop: () => metrics.stop() });

    const otlp = roles.has('otlp')
      ? await startOtlpRole(deps, { http: portFrom('OTLP_HTTP_PORT', 4318), grpc: portFrom('OTLP_GRPC_PORT', 4317) })
      : null;
    if (otlp !== null) running.push(otlp);
    if (roles.has('ingest')) running.push(startIngestRole(deps));
    if (roles.has('verify')) {
      const keyFile = config.settings.certificates.keyFile ?? join(options.data, 'signing-key.pem');
      running.push(startVerifyRole(deps), startCertifying(deps, keyFile));
    }
    if (roles.has('evaluate')) running.push(startEvaluateRole(deps));
    if (roles.has('notify')) running.push(startNotifyRole(deps));
    registerWorkerSeries(metrics.registry, database.pool, config.settings.kafka.groupId, otlp?.receivers ?? null);
    metrics.started();
  });
  logger.info({ roles: [...roles], worker }, 'the worker runs');
}

function rolesOf(text: string): ReadonlySet<WorkerRole> {
  const asked = text.split(',').map((role) => role.trim());
  const known = WORKER_ROLES.filter((role) => asked.includes(role));
  if (known.length === asked.length) return new Set(known);
  throw new BanyanError('bad_input', `--roles ${text}: there is no such role`, {
    fix: `take of ${WORKER_ROLES.join(', ')}`,
  });
}

const STORE_LOOK_MS = 5_000;

/** Says of the store that it answers, and how fast; what can't be written goes to the log. */
function reportStore({ database, status, logger }: RoleDeps): Stoppable {
  const look = async (): Promise<void> => {
    const startedAt = performance.now();
    try {
      await database.pool.query('select 1');
      const tookMs = Math.round(performance.now() - startedAt);
      status.report({ part: 'store', state: 'ok', detail: `PostgreSQL answers in ${tookMs} ms` });
    } catch (error) {
      logger.error({ error: messageOf(error) }, 'the store does not answer');
    }
  };
  void look();
  const timer = setInterval(() => void look(), STORE_LOOK_MS);
  return { name: 'store status', stop: async () => clearInterval(timer) };
}
