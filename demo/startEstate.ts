import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../lib/adapters/embedded/embeddedPostgres.ts';
import type { EstateUrls, ServiceName } from './control/estateAdmin.ts';
import type { DatabaseUrls } from './infra/infra.ts';
import { type ManagedProcess, startProcess, untilHealthy } from './managedProcess.ts';
import type { Parts, StopPhase } from './parts.ts';

export interface EstateOptions {
  readonly kafka: string;
  readonly databases: DatabaseUrls;
  readonly otlpUrl: string;
  readonly facadePort: number;
  readonly dataDir: string;
  readonly items: number;
  readonly rate: number;
  readonly parts: Parts;
  readonly signal: AbortSignal;
  /** Called when a process ends that nobody asked to. */
  readonly onLoss: (process: ManagedProcess, logFile: string) => void;
}

export interface RunningEstate {
  readonly urls: EstateUrls;
  readonly processes: () => readonly ManagedProcess[];
  startLoad(): Promise<void>;
}

interface Service {
  readonly name: ServiceName;
  readonly phase: StopPhase;
  readonly database?: keyof DatabaseUrls;
}

const SERVICES: readonly Service[] = [
  { name: 'monolith', phase: 'services', database: 'monolith' },
  { name: 'inventory-service', phase: 'services', database: 'inventory' },
  { name: 'orders', phase: 'services', database: 'orders' },
  { name: 'payments', phase: 'services', database: 'payments' },
  { name: 'facade', phase: 'facade' },
];
const LOAD: Service = { name: 'load', phase: 'load' };

/** Starts the services of the estate and the facade, all at once, and waits until each answers. */
export async function startEstate(options: EstateOptions): Promise<RunningEstate> {
  const url = async (): Promise<string> => `http://127.0.0.1:${await freePort()}`;
  const urls: EstateUrls = {
    monolith: await url(),
    'inventory-service': await url(),
    orders: await url(),
    payments: await url(),
    facade: `http://127.0.0.1:${options.facadePort}`,
    load: await url(),
  };
  const running: ManagedProcess[] = [];
  const start = async (service: Service): Promise<void> => {
    const logFile = join(options.dataDir, 'logs', `${service.name}.log`);
    const child = startProcess({
      name: service.name,
      entry: fileURLToPath(new URL(`./estate/${service.name}/main.ts`, import.meta.url)),
      env: environmentOf(service, urls, options),
      logFile,
      stopWithinMs: 3_000,
    });
    running.push(child);
    options.parts.add(service.phase, child);
    await untilHealthy(child, `${urls[service.name]}/healthz`, logFile, { signal: options.signal });
    void child.ended.then(() => options.onLoss(child, logFile));
  };
  await Promise.all(SERVICES.map(start));
  return { urls, processes: () => running, startLoad: () => start(LOAD) };
}

function environmentOf(service: Service, urls: EstateUrls, options: EstateOptions): Record<string, string> {
  return {
    PORT: new URL(urls[service.name]).port,
    KAFKA_BROKERS: options.kafka,
    OTEL_EXPORTER_OTLP_ENDPOINT: options.otlpUrl,
    MONOLITH_URL: urls.monolith,
    INVENTORY_URL: urls['inventory-service'],
    ORDERS_URL: urls.orders,
    PAYMENTS_URL: urls.payments,
    FACADE_URL: urls.facade,
    DATA_DIR: join(options.dataDir, service.name),
    ...(service.database === undefined ? {} : { DATABASE_URL: options.databases[service.database] }),
    ...(service.name === 'load' ? { RATE: String(options.rate), ITEMS: String(options.items) } : {}),
  };
}
