import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Connector } from './connector.ts';
import type { Connectors } from './connectors.ts';
import { offsetsJson } from './sourceOffset.ts';

interface Answer {
  readonly status: number;
  readonly body?: unknown;
  /** Already JSON: numbers above 2^53 must stay exact. */
  readonly text?: string;
}

const WORKER = '127.0.0.1';
const MAX_BODY_BYTES = 1024 * 1024;
const configSchema = z.record(z.string(), z.string());
const createSchema = z.object({ name: z.string().min(1), config: configSchema });

const problem = (status: number, message: string): Answer => ({ status, body: { error_code: status, message } });

/** The part of Kafka Connect's REST interface that a single worker with source connectors needs. */
export function createConnectServer(connectors: Connectors, address: () => string): Server {
  return createServer((request, response) => {
    answer(connectors, request, address())
      .catch((error: unknown) => problem(500, error instanceof Error ? error.message : String(error)))
      .then((result) => send(response, result));
  });
}

function send(response: ServerResponse, { status, body, text }: Answer): void {
  const payload = text ?? (body === undefined ? '' : JSON.stringify(body));
  response.writeHead(status, payload === '' ? {} : { 'content-type': 'application/json' });
  response.end(payload);
}

async function answer(connectors: Connectors, request: IncomingMessage, address: string): Promise<Answer> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const [root = '', name, action] = url.pathname.split('/').filter(Boolean).map(decodeURIComponent);
  const method = request.method ?? 'GET';
  if (root === '' && method === 'GET')
    return { status: 200, body: { version: 'embedded', commit: 'embedded', kafka_cluster_id: 'banyan-embedded' } };
  if (root !== 'connectors') return problem(404, 'HTTP 404 Not Found');
  if (name === undefined) {
    if (method === 'GET') return { status: 200, body: listOf(connectors, url.searchParams.getAll('expand'), address) };
    if (method !== 'POST') return problem(405, 'HTTP 405 Method Not Allowed');
    const asked = createSchema.safeParse(await readJson(request));
    if (!asked.success) return problem(400, 'A connector needs a name and a config of text values.');
    if (connectors.get(asked.data.name) !== undefined)
      return problem(409, `Connector ${asked.data.name} already exists`);
    return put(connectors, asked.data.name, asked.data.config);
  }
  if (action === 'config' && method === 'PUT') {
    const config = configSchema.safeParse(await readJson(request));
    if (!config.success) return problem(400, 'A configuration is an object of text values.');
    return put(connectors, name, config.data);
  }
  const connector = connectors.get(name);
  if (connector === undefined) return problem(404, `Connector ${name} not found`);
  return ofConnector(connectors, name, connector, `${method} ${action ?? ''}`.trim(), address);
}

async function ofConnector(
  connectors: Connectors,
  name: string,
  connector: Connector,
  call: string,
  address: string,
): Promise<Answer> {
  switch (call) {
    case 'GET':
      return { status: 200, body: infoOf(name, connector) };
    case 'GET config':
      return { status: 200, body: connector.raw };
    case 'GET status':
      return { status: 200, body: statusOf(name, connector, address) };
    case 'GET tasks':
      return { status: 200, body: tasksOf(name, connector).map((id) => ({ id, config: connector.raw })) };
    case 'GET offsets':
      return { status: 200, text: offsetsJson(connector.raw['topic.prefix'] ?? name, connector.offsets.read()) };
    case 'PUT pause':
      await connectors.setState(connector, 'PAUSED');
      return { status: 202 };
    case 'PUT resume':
      await connectors.setState(connector, 'RUNNING');
      return { status: 202 };
    case 'PUT stop':
      await connectors.setState(connector, 'STOPPED');
      return { status: 204 };
    case 'POST restart': {
      const { state } = connector;
      await connector.end();
      await connector.become('STOPPED');
      await connectors.setState(connector, state);
      return { status: 204 };
    }
    case 'DELETE offsets':
      if (connector.state !== 'STOPPED')
        return problem(
          400,
          `Connectors must be in the STOPPED state before their offsets can be modified. Connector ${name} is not.`,
        );
      connector.offsets.delete();
      return { status: 200, body: { message: 'The offsets for this connector have been reset successfully' } };
    case 'DELETE':
      await connectors.delete(name);
      return { status: 204 };
    default:
      return problem(404, 'HTTP 404 Not Found');
  }
}

async function put(connectors: Connectors, name: string, config: Record<string, string>): Promise<Answer> {
  const isNew = connectors.get(name) === undefined;
  const problems = await connectors.put(name, config);
  const connector = connectors.get(name);
  if (problems.length > 0 || connector === undefined) {
    const list = problems.map((text) => `\n${text}`).join('');
    return problem(
      400,
      `Connector configuration is invalid and contains the following ${problems.length} error(s):${list}\n` +
        'You can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`',
    );
  }
  return { status: isNew ? 201 : 200, body: infoOf(name, connector) };
}

function listOf(connectors: Connectors, expand: readonly string[], address: string): unknown {
  if (expand.length === 0) return connectors.names();
  return Object.fromEntries(
    connectors.names().flatMap((name) => {
      const connector = connectors.get(name);
      if (connector === undefined) return [];
      const status = expand.includes('status') ? { status: statusOf(name, connector, address) } : {};
      const info = expand.includes('info') ? { info: infoOf(name, connector) } : {};
      return [[name, { ...status, ...info }]];
    }),
  );
}

const tasksOf = (name: string, { state }: Connector): { connector: string; task: number }[] =>
  state === 'STOPPED' ? [] : [{ connector: name, task: 0 }];

const infoOf = (name: string, connector: Connector): unknown => ({
  name,
  config: connector.raw,
  tasks: tasksOf(name, connector),
  type: 'source',
});

function statusOf(name: string, connector: Connector, address: string): unknown {
  const { state, trace } = connector;
  const worker_id = `${WORKER}:${address}`;
  const failed = trace === undefined ? {} : { trace };
  const task = { id: 0, state: trace === undefined ? state : 'FAILED', worker_id, ...failed };
  return { name, connector: { state, worker_id }, tasks: state === 'STOPPED' ? [] : [task], type: 'source' };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes > MAX_BODY_BYTES) return undefined;
    chunks.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return undefined;
  }
}
