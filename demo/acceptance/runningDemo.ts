// A demo as a user starts it, in processes of its own, for the acceptance tests.
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { z } from 'zod';
import { freePort } from '../../lib/adapters/embedded/embeddedPostgres.ts';
import { PORTS } from '../options.ts';

const readySchema = z.object({
  ready: z.literal(true),
  web: z.string(),
  otlpHttp: z.string(),
  otlpGrpc: z.string(),
  kafka: z.string(),
  control: z.string(),
  facade: z.string(),
  workerMetrics: z.string(),
  databases: z.object({ store: z.string(), monolith: z.string(), inventory: z.string() }),
});
export type Ready = z.infer<typeof readySchema>;

const gateSchema = z.object({
  verdict: z.string(),
  stale: z.boolean(),
  reason: z.string(),
  evaluatedAt: z.string(),
  epoch: z.object({ attempt: z.number() }).nullable(),
  criteria: z.array(
    z.object({ id: z.string(), verdict: z.string(), reason: z.string(), n: z.number(), failures: z.number() }),
  ),
});
export type Gate = z.infer<typeof gateSchema>;
export type Stage = 'sync_data' | 'route_reads' | 'route_writes';

export interface RunningDemo {
  readonly ready: Ready;
  readonly dataDir: string;
  gate(stage: Stage): Promise<Gate>;
  control(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<unknown>;
  /** Rows of a query at Banyan's store. */
  store<T extends pg.QueryResultRow>(sql: string): Promise<T[]>;
  /** What the demo said on standard error so far. */
  said(): string;
  /** kill -9 of the orchestrator; its folder stays. */
  kill(): Promise<void>;
  /** Ctrl-C; its folder goes. */
  stop(): Promise<number | null>;
  readonly place: Place;
}

/** The folder and the ports of a demo, to start it there again. */
export interface Place {
  readonly dataDir: string;
  readonly ports: Readonly<Record<string, string>>;
}

const READY_WITHIN_MS = 240_000;

/** Starts `npm run demo -- --headless` with ports and a folder of its own and waits for its JSON line. */
export async function startRunningDemo(
  args: readonly string[] = [],
  at?: Place,
  env: Readonly<Record<string, string>> = {},
): Promise<RunningDemo> {
  const place = at ?? (await newPlace());
  const { dataDir, ports } = place;
  const entry = fileURLToPath(new URL('../demo.ts', import.meta.url));
  const child = spawn(process.execPath, [entry, '--headless', '--data', dataDir, ...args], {
    env: { ...process.env, ...ports, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said = `${said}${chunk}`.slice(-100_000);
  });
  const ended = new Promise<number | null>((done) => child.once('exit', done));
  const stop = async (): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT');
    const code = await ended;
    rmSync(dataDir, { recursive: true, force: true });
    return code;
  };
  try {
    const ready = await firstLine(child, () => said);
    return {
      ready,
      dataDir,
      place,
      kill: async () => {
        child.kill('SIGKILL');
        await ended;
      },
      gate: async (stage) => {
        const answer = await fetch(`${ready.web}/api/v1/gates/inventory/${stage}`);
        return gateSchema.parse(await answer.json());
      },
      control: async (method, path, body) => {
        const answer = await fetch(`${ready.control}${path}`, {
          method,
          headers: { 'content-type': 'application/json' },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        const text = await answer.text();
        if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
        return text === '' ? undefined : JSON.parse(text);
      },
      store: (sql) => rowsOf(ready.databases.store, sql),
      said: () => said,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function rowsOf<T extends pg.QueryResultRow>(url: string, sql: string): Promise<T[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function newPlace(): Promise<Place> {
  const dataDir = mkdtempSync('/tmp/banyan-acceptance-');
  // PostgreSQL never runs as root: as root, its user must be able to enter the folder.
  chmodSync(dataDir, 0o755);
  const ports: Record<string, string> = {};
  for (const { variable } of Object.values(PORTS)) ports[variable] = String(await freePort());
  return { dataDir, ports };
}

function firstLine(child: ChildProcess, said: () => string): Promise<Ready> {
  return new Promise((done, reject) => {
    const late = setTimeout(
      () => reject(new Error(`the demo was not ready in ${READY_WITHIN_MS / 1_000} s: ${said()}`)),
      READY_WITHIN_MS,
    );
    child.once('exit', (code) => {
      clearTimeout(late);
      reject(new Error(`the demo ended with ${code}: ${said()}`));
    });
    if (child.stdout === null) return reject(new Error('the demo has no output'));
    createInterface({ input: child.stdout }).once('line', (line) => {
      clearTimeout(late);
      try {
        done(readySchema.parse(JSON.parse(line)));
      } catch (error) {
        reject(error);
      }
    });
  });
}

/**
 * Waits until `look` gives a value.
 * @throws Error naming what was waited for, and the last thing seen.
 */
export async function eventually<T>(
  what: string,
  timeoutMs: number,
  look: () => Promise<{ readonly done: T } | { readonly seen: unknown }>,
): Promise<T> {
  const giveUpAt = performance.now() + timeoutMs;
  for (;;) {
    const result = await look().catch((error: unknown) => ({ seen: String(error) }));
    if ('done' in result) return result.done;
    if (performance.now() > giveUpAt) {
      throw new Error(`${what}: not within ${timeoutMs / 1_000} s; last seen ${JSON.stringify(result.seen)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
