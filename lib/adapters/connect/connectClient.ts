import { z } from 'zod';
import { BanyanError, messageOf } from '../../errors.ts';
import type { ConnectorState, ConnectorStatus, Connectors } from '../../ports/connectors.ts';

export interface ConnectClientOptions {
  readonly url: string;
  /** Value of the Authorization header, where the API asks for one. */
  readonly authorization?: string;
  readonly timeoutMs?: number;
}

const STATES = [
  'RUNNING',
  'PAUSED',
  'STOPPED',
  'FAILED',
  'RESTARTING',
  'UNASSIGNED',
] as const satisfies readonly ConnectorState[];

const STATUS = z.object({
  name: z.string(),
  connector: z.object({ state: z.enum(STATES) }),
  tasks: z.array(z.object({ id: z.number(), state: z.enum(STATES), trace: z.string().optional() })).default([]),
});

const OFFSETS = z.object({
  offsets: z.array(z.object({ offset: z.record(z.string(), z.unknown()).nullable() })).default([]),
});

/** Integers of a Connect offset may be above 2^53: they are read as strings. */
const BARE_LSN = /"(lsn(?:_proc|_commit)?)"\s*:\s*(\d+)/g;

const SETTINGS = z.record(z.string(), z.string().nullable());

/** Kafka Connect's REST API, the reads that Banyan needs. */
export class ConnectClient implements Connectors {
  readonly #options: ConnectClientOptions;

  constructor(options: ConnectClientOptions) {
    this.#options = options;
  }

  async status(name: string): Promise<ConnectorStatus> {
    const { connector, tasks } = STATUS.parse(JSON.parse(await this.#get(name, 'status')));
    return {
      name,
      state: connector.state,
      tasks: tasks.map(({ id, state, trace }) => ({ id, state, trace: trace?.split('\n')[0] ?? null })),
    };
  }

  async committedLsn(name: string): Promise<string | null> {
    const text = (await this.#get(name, 'offsets')).replace(BARE_LSN, '"$1":"$2"');
    const { offsets } = OFFSETS.parse(JSON.parse(text));
    const lsns = offsets.flatMap(({ offset }) => {
      const lsn = offset?.lsn_proc ?? offset?.lsn;
      return typeof lsn === 'string' ? [BigInt(lsn)] : [];
    });
    return lsns.length === 0 ? null : String(lsns.reduce((a, b) => (a < b ? a : b)));
  }

  /** The connector's configuration as Connect keeps it; it may hold passwords, so it is never printed. */
  async settings(name: string): Promise<Readonly<Record<string, string | null>>> {
    return SETTINGS.parse(JSON.parse(await this.#get(name, 'config')));
  }

  async #get(name: string, what: 'status' | 'offsets' | 'config'): Promise<string> {
    const { url, authorization, timeoutMs } = this.#options;
    const address = new URL(`connectors/${encodeURIComponent(name)}/${what}`, url.endsWith('/') ? url : `${url}/`);
    const headers = authorization === undefined ? {} : { authorization };
    let response: Response;
    try {
      response = await fetch(address, { headers, signal: AbortSignal.timeout(timeoutMs ?? 3_000), redirect: 'error' });
    } catch (error) {
      throw new BanyanError('unavailable', `Kafka Connect at ${address.host} can't be reached: ${messageOf(error)}`, {
        cause: error,
        fix: 'start it, or correct connect.url',
      });
    }
    if (response.status === 404) {
      throw new BanyanError('not_found', `Kafka Connect at ${address.host} knows no connector ${name}`, {
        fix: 'create it, or correct the connector in banyan.yaml',
      });
    }
    if (!response.ok) {
      throw new BanyanError('unavailable', `Kafka Connect at ${address.host} answered ${response.status} for ${name}`);
    }
    return response.text();
  }
}
