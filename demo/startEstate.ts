import { join } from 'node:path';
import { freePort } from '../lib/adapters/embedded/embeddedPostgres.ts';
import { type EstateProcess, estateProcesses } from './estate/processes.ts';
import type { DatabaseUrls } from './infra/infra.ts';
import { type ManagedProcess, startProcess, untilHealthy } from './managedProcess.ts';
import type { Parts, StopPhase } from './parts.ts';

export interface StartEstateOptions {
  /** host:port */
  readonly kafka: string;
  readonly databases: DatabaseUrls;
  readonly otlpHttp: string;
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
  readonly urls: Readonly<Record<EstateProcess['name'], string>>;
  processes(): readonly ManagedProcess[];
  startLoad(): Promise<void>;
}

const PHASES: Readonly<Record<EstateProcess['name'], StopPhase>> = {
  monolith: 'services and Banyan',
  'inventory-service': 'services and Banyan',
  orders: 'services and Banyan',
  payments: 'services and Banyan',
  facade: 'facade',
  load: 'load',
};

/** Starts the services of the estate side by side, then the facade, and waits until each answers. */
export async function startEstate(options: StartEstateOptions): Promise<RunningEstate> {
  const { parts, signal, onLoss } = options;
  const ports = {
    monolith: await freePort(),
    'inventory-service': await freePort(),
    orders: await freePort(),
    payments: await freePort(),
    facade: options.facadePort,
    load: await freePort(),
  };
  const specs = estateProcesses({ ...options, ports });
  const running: ManagedProcess[] = [];
  const start = async ({ name, entry, env, healthUrl }: EstateProcess): Promise<void> => {
    const logFile = join(options.dataDir, 'logs', `${name}.log`);
    const child = startProcess({ name, entry, env, logFile, stopWithinMs: 2_500 });
    running.push(child);
    parts.add(PHASES[name], child);
    await untilHealthy(child, healthUrl, logFile, { signal });
    void child.ended.then(() => onLoss(child, logFile));
  };
  const startPhase = (phase: StopPhase): Promise<unknown> =>
    Promise.all(specs.filter(({ name }) => PHASES[name] === phase).map(start));

  await startPhase('services and Banyan');
  await startPhase('facade');
  const urlOf = (name: EstateProcess['name']): string => `http://127.0.0.1:${ports[name]}`;
  return {
    urls: {
      monolith: urlOf('monolith'),
      'inventory-service': urlOf('inventory-service'),
      orders: urlOf('orders'),
      payments: urlOf('payments'),
      facade: urlOf('facade'),
      load: urlOf('load'),
    },
    processes: () => running,
    async startLoad() {
      await startPhase('load');
    },
  };
}
