import { z } from 'zod';
import { DemoError } from '../demoError.ts';
import { waitFor } from '../waitFor.ts';

const statusSchema = z.object({
  connector: z.object({ state: z.string() }),
  tasks: z.array(z.object({ id: z.number(), state: z.string(), trace: z.string().optional() })),
});

/** The state of a connector and its tasks, as Connect tells it. */
export type ConnectorStatus = z.infer<typeof statusSchema>;

export type ConnectorCommand = 'pause' | 'resume' | 'stop';

async function request(url: string, method: string, body?: unknown): Promise<Response> {
  try {
    return await fetch(url, {
      method,
      signal: AbortSignal.timeout(30_000),
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
  } catch (cause) {
    throw new DemoError(`Connect at ${url} does not answer`, { cause, fix: 'see its log in the data folder' });
  }
}

/** Creates or changes a connector; a configuration that Connect refuses comes back with its words. */
export async function putConnector(
  connectUrl: string,
  name: string,
  config: Readonly<Record<string, string>>,
): Promise<void> {
  const url = `${connectUrl}/connectors/${encodeURIComponent(name)}/config`;
  // 409 is Connect's word for "a rebalance is going on": the same request is right a moment later.
  await waitFor(
    async () => {
      const answer = await request(url, 'PUT', config);
      if (answer.status === 409) return undefined;
      if (answer.ok) return true;
      const text = await answer.text();
      if (answer.status >= 500) throw new DemoError(`HTTP ${answer.status}: ${text.slice(0, 1_000)}`);
      return new DemoError(`Connect refused connector ${name}: HTTP ${answer.status} ${text.slice(0, 1_000)}`);
    },
    { what: `connector ${name} at ${connectUrl}`, timeoutMs: 30_000, everyMs: 250 },
  ).then((outcome) => {
    if (outcome instanceof DemoError) throw outcome;
  });
}

/** Undefined if there is no connector of this name. */
export async function connectorStatus(connectUrl: string, name: string): Promise<ConnectorStatus | undefined> {
  const answer = await request(`${connectUrl}/connectors/${encodeURIComponent(name)}/status`, 'GET');
  if (answer.status === 404) return undefined;
  if (!answer.ok) throw new DemoError(`status of connector ${name}: HTTP ${answer.status} ${await answer.text()}`);
  return statusSchema.parse(await answer.json());
}

/** Pauses, resumes or stops a connector; Connect acts on it a little later. */
export async function commandConnector(connectUrl: string, name: string, command: ConnectorCommand): Promise<void> {
  const answer = await request(`${connectUrl}/connectors/${encodeURIComponent(name)}/${command}`, 'PUT');
  if (!answer.ok) throw new DemoError(`${command} connector ${name}: HTTP ${answer.status} ${await answer.text()}`);
}

/** One word for connector and tasks together: RUNNING only if every part runs, and at least one task does. */
export function overallState(status: ConnectorStatus | undefined): string {
  if (status === undefined) return 'MISSING';
  const states = [status.connector.state, ...status.tasks.map((task) => task.state)];
  if (states.includes('FAILED')) return 'FAILED';
  if (status.connector.state === 'RUNNING' && status.tasks.length === 0) return 'STARTING';
  return states.find((state) => state !== 'RUNNING') ?? 'RUNNING';
}

/** Waits until connector and task run; a task that failed ends the wait with the reason that Connect keeps. */
export async function waitUntilRunning(connectUrl: string, name: string, timeoutMs = 60_000): Promise<void> {
  const outcome = await waitFor(
    async () => {
      const status = await connectorStatus(connectUrl, name);
      const state = overallState(status);
      if (state === 'FAILED') {
        const trace = status?.tasks.find((task) => task.trace !== undefined)?.trace ?? 'no reason given';
        return new DemoError(`connector ${name} failed: ${trace.split('\n').slice(0, 3).join(' ')}`);
      }
      return state === 'RUNNING' ? true : undefined;
    },
    { what: `connector ${name} RUNNING`, timeoutMs },
  );
  if (outcome instanceof DemoError) throw outcome;
}
