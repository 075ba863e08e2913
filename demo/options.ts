import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { DemoError } from './demoError.ts';
import type { InfraKind } from './infra/infra.ts';
import { isPlayedStage, PLAYED_STAGES, type PlayedStage } from './stages.ts';

/** Every port that the demo opens, with the variable that changes it. */
export const PORTS = {
  web: { variable: 'PORT', fallback: 3000, what: 'Banyan in the browser' },
  otlpHttp: { variable: 'OTLP_HTTP_PORT', fallback: 4318, what: 'OTLP over HTTP' },
  otlpGrpc: { variable: 'OTLP_GRPC_PORT', fallback: 4317, what: 'OTLP over gRPC' },
  workerMetrics: { variable: 'WORKER_METRICS_PORT', fallback: 9464, what: 'metrics of the worker' },
  facade: { variable: 'FACADE_PORT', fallback: 8080, what: 'the facade' },
  control: { variable: 'CONTROL_PORT', fallback: 8099, what: 'the control API of the demo' },
  kafka: { variable: 'KAFKA_PORT', fallback: 9092, what: 'Kafka' },
  postgres: { variable: 'POSTGRES_PORT', fallback: 54329, what: 'PostgreSQL' },
  connect: { variable: 'CONNECT_PORT', fallback: 8083, what: 'Kafka Connect' },
} as const;

export type PortName = keyof typeof PORTS;

export interface DemoOptions {
  readonly stage: PlayedStage;
  /** Plays sync_data, route_reads and route_writes, each when the gate of the one before it passes. */
  readonly walk: boolean;
  /** Business operations a second. */
  readonly rate: number;
  readonly items: number;
  /** Relaxed targets, so that a walk fits into minutes. */
  readonly fast: boolean;
  /** One JSON line on standard output when the first verdict is stored; everything else on standard error. */
  readonly headless: boolean;
  readonly dataDir: string;
  readonly infra: InfraKind;
  /** False leaves Banyan out: only the estate runs. For work on the estate itself. */
  readonly banyan: boolean;
  /** Where each change of a verdict is posted: DEMO_WEBHOOK_URL, signed with DEMO_WEBHOOK_SECRET. */
  readonly webhook: { readonly url: string; readonly secret: string } | undefined;
  readonly ports: Readonly<Record<PortName, number>>;
}

const projectRoot = fileURLToPath(new URL('..', import.meta.url));

export const USAGE = `npm run demo -- [options]      a live migration, and Banyan judging it
  --stage STAGE        ${PLAYED_STAGES.join(', ')} (default route_writes)
  --walk               from sync_data through route_reads to route_writes, moving on when the gate passes
  --rate N             business operations a second (default 25)
  --items N            rows of the inventory table (default 2000)
  --fast               relaxed targets, so that a walk fits into minutes
  --headless           one JSON line on standard output when the first verdict is stored
  --data DIR           where state is kept (default .banyan/demo; .banyan/demo-kafka with --infra kafka)
  --infra KIND         embedded (npm only) or kafka (Apache Kafka and Debezium; Java 17+ and Maven)
  --help
Ports, by environment: ${Object.values(PORTS)
  .map(({ variable, fallback }) => `${variable}=${fallback}`)
  .join(' ')}`;

/**
 * Reads the command line and the environment.
 * @throws DemoError naming the option or variable, what was found and what is expected.
 */
export function parseDemoOptions(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): DemoOptions | 'help' {
  const values = parseFlags(argv);
  if (values.help === true) return 'help';
  const infra = values.infra ?? 'embedded';
  if (infra !== 'embedded' && infra !== 'kafka') {
    throw new DemoError(`--infra is ${JSON.stringify(infra)}; expected embedded or kafka`);
  }
  const walk = values.walk === true;
  const stage = values.stage ?? (walk ? 'sync_data' : 'route_writes');
  if (!isPlayedStage(stage)) {
    throw new DemoError(`--stage is ${JSON.stringify(stage)}; expected ${PLAYED_STAGES.join(', ')}`);
  }
  const folder = infra === 'kafka' ? 'demo-kafka' : 'demo';
  return {
    stage,
    walk,
    rate: positive('--rate', values.rate ?? '25', 10_000),
    items: positive('--items', values.items ?? '2000', 10_000_000, true),
    fast: values.fast === true,
    headless: values.headless === true,
    dataDir: values.data === undefined ? join(projectRoot, '.banyan', folder) : resolve(values.data),
    infra,
    banyan: values['without-banyan'] !== true,
    webhook: parseWebhook(env),
    ports: parsePorts(env),
  };
}

function parseWebhook(env: Readonly<Record<string, string | undefined>>): DemoOptions['webhook'] {
  const url = env.DEMO_WEBHOOK_URL;
  if (url === undefined || url === '') return undefined;
  const secret = env.DEMO_WEBHOOK_SECRET ?? '';
  if (!URL.canParse(url)) throw new DemoError(`DEMO_WEBHOOK_URL is ${JSON.stringify(url)}; expected an address`);
  if (!secret.startsWith('whsec_')) {
    throw new DemoError('DEMO_WEBHOOK_SECRET is not a signing secret; expected whsec_ and base64');
  }
  return { url, secret };
}

function parseFlags(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        stage: { type: 'string' },
        walk: { type: 'boolean' },
        rate: { type: 'string' },
        items: { type: 'string' },
        fast: { type: 'boolean' },
        headless: { type: 'boolean' },
        data: { type: 'string' },
        infra: { type: 'string' },
        'without-banyan': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (cause) {
    throw new DemoError(cause instanceof Error ? cause.message : String(cause), { cause, fix: `usage:\n${USAGE}` });
  }
}

function positive(name: string, text: string, most: number, whole = false): number {
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && value <= most && (!whole || Number.isInteger(value))) return value;
  throw new DemoError(
    `${name} is ${JSON.stringify(text)}; expected a ${whole ? 'whole ' : ''}number above 0, at most ${most}`,
  );
}

function parsePorts(env: Readonly<Record<string, string | undefined>>): Record<PortName, number> {
  const port = (name: PortName): number => {
    const { variable, fallback } = PORTS[name];
    const text = env[variable];
    return text === undefined || text === '' ? fallback : positive(variable, text, 65_535, true);
  };
  const ports = {
    web: port('web'),
    otlpHttp: port('otlpHttp'),
    otlpGrpc: port('otlpGrpc'),
    workerMetrics: port('workerMetrics'),
    facade: port('facade'),
    control: port('control'),
    kafka: port('kafka'),
    postgres: port('postgres'),
    connect: port('connect'),
  };
  const variableOf = new Map<number, string>();
  for (const [name, { variable }] of Object.entries(PORTS) as [PortName, { variable: string }][]) {
    const other = variableOf.get(ports[name]);
    if (other !== undefined)
      throw new DemoError(`${other} and ${variable} are both ${ports[name]}; each needs its own`);
    variableOf.set(ports[name], variable);
  }
  return ports;
}
