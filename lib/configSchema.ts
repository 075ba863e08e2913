import { z } from 'zod';
import { invariantSchema } from './configInvariantSchema.ts';
import { tableSchema } from './configTableSchema.ts';
import { STAGE_IDS } from './core/verdict/verdict.ts';
import { Secret } from './secret.ts';

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds of a duration text such as `50ms`, `1.5s`, `10 min`, `24h`, `7d`; undefined if it is none. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|d)\s*$/.exec(text);
  if (match === null) return undefined;
  return Number(match[1]) * (UNIT_MS[match[2] ?? ''] ?? Number.NaN);
}

const duration = z
  .string()
  .meta({
    description: 'A duration: 50ms, 1.5s, 10min, 24h, 7d.',
    pattern: '^\\s*\\d+(\\.\\d+)?\\s*(ms|s|min|m|h|d)\\s*$',
  })
  .refine((text) => parseDurationMs(text) !== undefined, { error: 'a duration such as 50ms, 1.5s, 10min, 24h' })
  .transform((text) => parseDurationMs(text) ?? 0);

const id = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, { error: 'lower-case letters, digits, - and _, 63 at most' });
const secret = z
  .string()
  .min(1)
  .meta({ description: 'A secret: write ${NAME} and export NAME.' })
  .transform((text) => new Secret(text));

const ssl = z
  .strictObject({
    ca: z.string().optional(),
    cert: z.string().optional(),
    key: secret.optional(),
    rejectUnauthorized: z.boolean().default(true),
  })
  .meta({ description: 'Paths of PEM files; the key may be a secret.' });

const basicAuth = z.strictObject({ username: z.string(), password: secret });

const kafka = z.strictObject({
  brokers: z.array(z.string().regex(/^.+:\d+$/, { error: 'host:port' })).min(1),
  clientId: z.string().default('banyan'),
  groupId: z.string().default('banyan'),
  startFrom: z.enum(['earliest', 'latest']).default('earliest'),
  ssl: z.union([z.boolean(), ssl]).default(false),
  sasl: z
    .discriminatedUnion('mechanism', [
      z.strictObject({ mechanism: z.literal('plain'), username: z.string(), password: secret }),
      z.strictObject({ mechanism: z.literal('scram-sha-256'), username: z.string(), password: secret }),
      z.strictObject({ mechanism: z.literal('scram-sha-512'), username: z.string(), password: secret }),
      z.strictObject({ mechanism: z.literal('oauthbearer'), token: secret }),
    ])
    .optional(),
});

const endpoint = z.strictObject({ url: z.url(), auth: basicAuth.optional() });

const database = z.strictObject({
  url: secret,
  ssl: ssl.optional(),
  rowsPerSec: z.number().int().positive().default(8_000).meta({ description: 'Rows read a second at most.' }),
  maxConnections: z
    .number()
    .int()
    .min(1)
    .max(4)
    .default(4)
    .meta({ description: 'Connections that each part of Banyan which reads here opens at most.' }),
  allowWritable: z
    .boolean()
    .default(false)
    .meta({ description: 'Accept a role that may write. Only where a read-only one cannot be had.' }),
});

const table = tableSchema(id, duration);

const correlate = z.union([
  z.strictObject({
    header: z.string(),
    messageId: z.string().default('message-id'),
    causationId: z.string().default('causation-id'),
  }),
  z.enum(['cloudevents', 'nservicebus', 'masstransit', 'axon', 'eventuate', 'opentelemetry', 'key']),
]);

const saga = z.strictObject({
  id,
  topics: z.array(z.string()).min(1),
  correlate,
  typeHeader: z.string().default('type'),
  steps: z
    .array(
      z.strictObject({
        event: z.string(),
        service: z.string(),
        deadline: duration.optional(),
        compensation: z.string().optional(),
      }),
    )
    .min(1),
  deadline: duration,
  completedBy: z.array(z.string()).min(1),
  compensatedBy: z.array(z.string()).default([]),
  failedBy: z.array(z.string()).default([]),
  compensatedIsFailure: z.boolean().default(false),
});

/** A limit keeps how it was written: a bare number never stands for milliseconds. */
const limit = z.union([
  duration.transform((ms) => ({ kind: 'duration' as const, value: ms, text: `${ms}ms` })),
  z.number().transform((value) => ({ kind: 'number' as const, value, text: String(value) })),
]);
const criterion = z.strictObject({
  below: limit.optional(),
  above: limit.optional(),
  quantile: z.number().gt(0).lt(1).optional(),
  alpha: z.number().gt(0).lt(0.5).optional(),
  minDuration: duration.optional(),
});

const selfTest = z
  .strictObject({
    table: id.meta({ description: 'A mapped table of the context that holds the canaries; it may hold nothing else.' }),
    keys: z
      .array(z.string().min(1).max(2_000))
      .min(1)
      .max(100)
      .meta({ description: 'Rows of the target that may be made wrong: nothing else may write them meanwhile.' }),
    connection: z
      .strictObject({ url: secret, ssl: ssl.optional() })
      .meta({ description: 'A role that may select, insert, update and delete these rows; used by nothing else.' }),
    every: duration
      .optional()
      .meta({ description: 'A round begins by itself this long after the last; else by hand.' }),
    patience: duration.default(600_000).meta({ description: 'What is not found within this time counts as missed.' }),
  })
  .meta({ description: 'By your consent, rows of the target are made wrong on purpose to measure what is found.' });

const context = z.strictObject({
  id,
  name: z.string().optional(),
  plan: z.literal('strangler-six').default('strangler-six'),
  services: z.strictObject({ legacy: z.string(), target: z.string(), facade: z.string() }),
  routes: z
    .array(
      z.strictObject({
        id,
        kind: z.enum(['read', 'write']),
        match: z.string().regex(/^[A-Z]+ \/\S*$/, { error: 'METHOD /path, for example GET /api/inventory/{itemId}' }),
      }),
    )
    .default([]),
  tables: z.array(table).default([]),
  sagas: z.array(saga).default([]),
  invariants: z
    .array(invariantSchema(id))
    .default([])
    .meta({ description: 'Sums over the databases that must hold, judged at cuts that are one moment for all parts.' }),
  selfTest: selfTest.optional(),
  telemetry: z
    .strictObject({ sampling: z.enum(['none', 'sampled']).default('sampled') })
    .default({ sampling: 'sampled' })
    .meta({ description: 'none: every request gives a span. Rates from sampled traces are refused as biased.' }),
  criteria: z.partialRecord(z.enum(STAGE_IDS), z.record(z.string(), criterion)).default({}),
  waivers: z
    .array(
      z.strictObject({
        stage: z.enum(STAGE_IDS),
        criterion: z.string(),
        reason: z.string().min(1),
        expires: z.iso.datetime({ offset: true }),
      }),
    )
    .default([])
    .meta({ description: 'Criteria set aside until a time, with the reason that every reader shows.' }),
  relaxed: z.boolean().default(false).meta({ description: 'The targets are relaxed on purpose; every page says so.' }),
});

const webhook = z.strictObject({
  id,
  url: z.url(),
  secret: secret.meta({ description: 'whsec_ and base64, as Standard Webhooks has it.' }),
  types: z.array(z.string()).optional(),
  allowPrivate: z.boolean().default(false).meta({ description: 'Allow loopback and private addresses.' }),
});

/** Whoever reaches web is its operator, so nobody but this host may reach it. */
const webHost = z
  .string()
  .default('127.0.0.1')
  .refine((host) => /^(localhost|127(\.\d{1,3}){3}|::1)$/.test(host), {
    error:
      'a loopback address, since this version has no sign-in: let a reverse proxy on this host sign people in, or use a tunnel',
  })
  .meta({ description: 'Where web listens: a loopback address.' });

const VERIFY_PAUSE = { activeConnections: 50, replicaLag: 10_000, backlog: 100_000 };
const WINDOW_MIB = 128;
const verify = z
  .strictObject({
    every: duration.default(10_000).meta({
      description: 'The pause between two passes over a table. A new attempt or `banyan verify` cuts it short.',
    }),
    windowMiB: z.number().min(8).default(WINDOW_MIB).meta({
      description:
        'Memory for the change events that verdicts may need, over all tables. Short memory only delays verdicts.',
    }),
    pause: z
      .strictObject({
        activeConnections: z.number().positive().default(VERIFY_PAUSE.activeConnections).meta({
          description: 'Wait while more sessions than this are at work in a watched database.',
        }),
        replicaLag: duration
          .default(VERIFY_PAUSE.replicaLag)
          .meta({ description: 'Wait while a replica of a watched database is further behind than this.' }),
        backlog: z.number().int().positive().default(VERIFY_PAUSE.backlog).meta({
          description: 'Wait while Banyan itself has more change events to read than this.',
        }),
      })
      .default(VERIFY_PAUSE)
      .meta({ description: 'When a comparison gives way to other work, each by itself.' }),
  })
  .default({ every: 10_000, windowMiB: WINDOW_MIB, pause: VERIFY_PAUSE });

const certificates = z
  .strictObject({
    every: duration.default(600_000).meta({
      description: 'While all is clean, a certificate comes no sooner than this after the one before.',
    }),
    keyFile: z.string().optional().meta({
      description: "PEM file of the worker's Ed25519 key, made if it is not there; in the data folder unless given.",
    }),
  })
  .default({ every: 600_000 });

/** The one schema of banyan.yaml; `banyan schema` prints its JSON Schema. */
export const configSchema = z.strictObject({
  version: z.literal(1),
  migration: z.strictObject({ id, name: z.string() }),
  kafka,
  registry: endpoint.optional(),
  connect: endpoint.optional(),
  databases: z.record(id, database),
  contexts: z.array(context).min(1),
  alerts: z.strictObject({ endpoints: z.array(webhook).default([]) }).default({ endpoints: [] }),
  evaluate: z.strictObject({ every: duration.default(5_000) }).default({ every: 5_000 }),
  verify,
  certificates,
  listen: z.strictObject({ host: webHost }).default({ host: '127.0.0.1' }),
  otlp: z
    .strictObject({ host: z.string().default('127.0.0.1') })
    .default({ host: '127.0.0.1' })
    .meta({ description: "Where the OTLP receivers and the worker's metrics listen; they take no commands." }),
});

export type ParsedConfig = z.output<typeof configSchema>;
export type ParsedContext = ParsedConfig['contexts'][number];
export type ParsedTable = ParsedContext['tables'][number];
