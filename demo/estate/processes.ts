import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EstateDatabases } from './prepareDatabases.ts';

export type EstateName = 'monolith' | 'inventory-service' | 'orders' | 'payments' | 'facade' | 'load';

export interface EstateOptions {
  readonly ports: Readonly<Record<EstateName, number>>;
  /** host:port, comma-separated. */
  readonly kafka: string;
  readonly databases: EstateDatabases;
  /** Where the services send their spans. */
  readonly otlpHttp: string;
  readonly dataDir: string;
  /** Business operations a second. */
  readonly rate: number;
  readonly items: number;
}

export interface EstateProcess {
  readonly name: EstateName;
  /** TypeScript file that node runs. */
  readonly entry: string;
  readonly env: Readonly<Record<string, string>>;
  readonly url: string;
  readonly healthUrl: string;
}

/** The processes of the estate in the order in which to start them; stop them the other way round. */
export function estateProcesses(options: EstateOptions): readonly EstateProcess[] {
  const { ports, databases } = options;
  const url = (name: EstateName): string => `http://127.0.0.1:${ports[name]}`;
  const service = { KAFKA_BROKERS: options.kafka, OTEL_EXPORTER_OTLP_ENDPOINT: options.otlpHttp };
  const env: Readonly<Record<EstateName, Record<string, string>>> = {
    orders: { ...service, DATABASE_URL: databases.orders },
    payments: { ...service, DATABASE_URL: databases.payments },
    monolith: { ...service, DATABASE_URL: databases.monolith, ORDERS_URL: url('orders') },
    'inventory-service': { ...service, DATABASE_URL: databases.inventory },
    facade: {
      OTEL_EXPORTER_OTLP_ENDPOINT: options.otlpHttp,
      MONOLITH_URL: url('monolith'),
      INVENTORY_URL: url('inventory-service'),
      ORDERS_URL: url('orders'),
    },
    load: {
      FACADE_URL: url('facade'),
      DATA_DIR: join(options.dataDir, 'load'),
      RATE: String(options.rate),
      ITEMS: String(options.items),
    },
  };
  const order: readonly EstateName[] = ['orders', 'payments', 'monolith', 'inventory-service', 'facade', 'load'];
  return order.map((name) => ({
    name,
    entry: fileURLToPath(new URL(`./${name}/main.ts`, import.meta.url)),
    env: { ...env[name], PORT: String(ports[name]) },
    url: url(name),
    healthUrl: `${url(name)}/healthz`,
  }));
}
