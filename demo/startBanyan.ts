import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { banyanConfig } from './banyanConfig.ts';
import { DemoError } from './demoError.ts';
import type { Infra } from './infra/infra.ts';
import { lastLines, type ManagedProcess, startProcess, untilHealthy } from './managedProcess.ts';
import type { DemoOptions } from './options.ts';
import type { Parts } from './parts.ts';
import { shellExports } from './shellExports.ts';

export interface BanyanOptions {
  readonly demo: DemoOptions;
  readonly infra: Infra;
  readonly readerPassword: string;
  readonly canaryPassword: string;
  readonly parts: Parts;
  readonly signal: AbortSignal;
  readonly onLoss: (process: ManagedProcess, logFile: string) => void;
}

/** The role by which Banyan reads the two databases; it may read and nothing else. */
export const READER_ROLE = 'banyan_ro';
/** The role by which the self-test makes canaries wrong at the service, and puts them back. */
export const CANARY_ROLE = 'banyan_canary';

/**
 * Builds the web part unless it is built from these sources.
 * @throws DemoError with what the build said last.
 */
export async function buildWeb(demo: DemoOptions, parts: Parts): Promise<void> {
  const logFile = join(demo.dataDir, 'logs', 'build.log');
  const build = startProcess({
    name: 'web build',
    entry: fileURLToPath(new URL('../tools/build.ts', import.meta.url)),
    args: ['--if-needed'],
    env: {},
    logFile,
  });
  parts.add('services and Banyan', build);
  const how = await build.ended;
  if (how !== 0)
    throw new DemoError(`the web part could not be built: ${lastLines(logFile)}`, { fix: `see ${logFile}` });
}

/** What a shell reads so that Banyan's commands are about this demo. */
export const environmentFile = ({ dataDir }: Pick<DemoOptions, 'dataDir'>): string => join(dataDir, 'banyan.env');

/** Writes the demo's banyan.yaml and runs `banyan start` on it, as anybody would; resolves when the web answers. */
export async function startBanyan(options: BanyanOptions): Promise<ManagedProcess> {
  const { demo, infra, readerPassword, canaryPassword, parts, signal, onLoss } = options;
  const config = join(demo.dataDir, 'banyan.yaml');
  writeFileSync(
    config,
    banyanConfig({
      kafka: infra.kafka,
      connectUrl: infra.connectUrl,
      fast: demo.fast,
      webhookUrl: demo.webhook?.url,
      nowMs: Date.now(),
    }),
  );
  const reader = { user: READER_ROLE, password: readerPassword };
  const web = `http://127.0.0.1:${demo.ports.web}`;
  const sources = {
    DATABASE_URL: infra.databases.store,
    MONOLITH_URL: infra.postgres.url('monolith', reader),
    INVENTORY_URL: infra.postgres.url('inventory', reader),
    INVENTORY_CANARY_URL: infra.postgres.url('inventory', { user: CANARY_ROLE, password: canaryPassword }),
    ...(demo.webhook === undefined ? {} : { DEMO_WEBHOOK_SECRET: demo.webhook.secret }),
  };
  const forShells = shellExports({
    BANYAN_CONFIG: config,
    BANYAN_URL: web,
    DEMO_DATA: resolve(demo.dataDir),
    ...sources,
  });
  writeFileSync(environmentFile(demo), `# Written by the demo at each start.\n${forShells}`, { mode: 0o600 });
  const logFile = join(demo.dataDir, 'logs', 'banyan.log');
  const banyan = startProcess({
    name: 'banyan',
    entry: fileURLToPath(new URL('../bin/banyan.ts', import.meta.url)),
    args: ['start', '--config', config, '--data', join(demo.dataDir, 'banyan')],
    env: {
      PORT: String(demo.ports.web),
      OTLP_HTTP_PORT: String(demo.ports.otlpHttp),
      OTLP_GRPC_PORT: String(demo.ports.otlpGrpc),
      WORKER_METRICS_PORT: String(demo.ports.workerMetrics),
      ...sources,
    },
    logFile,
    stopWithinMs: 5_000,
  });
  parts.add('services and Banyan', banyan);
  await untilHealthy(banyan, `${web}/api/v1/contexts`, logFile, { timeoutMs: 180_000, signal });
  void banyan.ended.then(() => onLoss(banyan, logFile));
  return banyan;
}
