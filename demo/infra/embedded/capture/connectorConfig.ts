import { z } from 'zod';
import type { ValueModes } from './columnValue.ts';

/** A connector's configuration as Connect takes it: text for every key. */
export type RawConfig = Readonly<Record<string, string>>;

export interface ConnectorConfig {
  readonly name: string;
  readonly database: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly password: string;
    readonly database: string;
  };
  readonly topicPrefix: string;
  readonly slot: string;
  readonly publication: string;
  readonly managesPublication: boolean;
  readonly tablePatterns: readonly RegExp[];
  readonly origin: 'none' | 'any';
  readonly modes: ValueModes;
  readonly heartbeatIntervalMs: number;
  readonly heartbeatQuery: string | undefined;
  readonly retryWaitMs: number;
}

const whole = z.string().regex(/^\d+$/, 'a whole number is expected');
const keys = z.object({
  'connector.class': z.literal('io.debezium.connector.postgresql.PostgresConnector'),
  'database.hostname': z.string().min(1),
  'database.port': whole.default('5432'),
  'database.user': z.string().min(1),
  'database.password': z.string().default(''),
  'database.dbname': z.string().min(1),
  'topic.prefix': z.string().regex(/^[a-zA-Z0-9._-]+$/, 'letters, digits, dot, underscore and hyphen are expected'),
  'plugin.name': z.literal('pgoutput'),
  'slot.name': z
    .string()
    .regex(/^[a-z0-9_]{1,63}$/, 'lower-case letters, digits and underscores are expected')
    .default('debezium'),
  'slot.stream.params': z.string().default(''),
  'publication.name': z.string().min(1).default('dbz_publication'),
  'publication.autocreate.mode': z.enum(['filtered', 'disabled']),
  'table.include.list': z.string().min(1),
  'snapshot.mode': z.enum(['when_needed', 'initial']).default('initial'),
  'decimal.handling.mode': z.literal('string'),
  'time.precision.mode': z.literal('isostring'),
  'binary.handling.mode': z.enum(['bytes', 'base64', 'hex']).default('bytes'),
  'interval.handling.mode': z.enum(['numeric', 'string']).default('numeric'),
  'heartbeat.interval.ms': whole.default('0'),
  'heartbeat.action.query': z.string().optional(),
  'retriable.restart.connector.wait.ms': whole.default('10000'),
});

export type ParsedConfig =
  | { readonly ok: true; readonly config: ConnectorConfig }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads the keys that the embedded capture acts on; it writes one form of decimals and times, and refuses others. */
export function parseConnectorConfig(name: string, raw: RawConfig): ParsedConfig {
  const parsed = keys.safeParse(raw);
  if (!parsed.success)
    return { ok: false, problems: parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) };
  const { data } = parsed;
  const params = data['slot.stream.params'].split(';').map((param) => param.trim());
  return {
    ok: true,
    config: {
      name,
      database: {
        host: data['database.hostname'],
        port: Number(data['database.port']),
        user: data['database.user'],
        password: data['database.password'],
        database: data['database.dbname'],
      },
      topicPrefix: data['topic.prefix'],
      slot: data['slot.name'],
      publication: data['publication.name'],
      managesPublication: data['publication.autocreate.mode'] === 'filtered',
      tablePatterns: data['table.include.list'].split(',').map((pattern) => new RegExp(`^(?:${pattern.trim()})$`, 'i')),
      origin: params.includes('origin=none') ? 'none' : 'any',
      modes: { binary: data['binary.handling.mode'], interval: data['interval.handling.mode'] },
      heartbeatIntervalMs: Number(data['heartbeat.interval.ms']),
      heartbeatQuery: data['heartbeat.action.query'],
      retryWaitMs: Number(data['retriable.restart.connector.wait.ms']),
    },
  };
}
