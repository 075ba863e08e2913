import { z } from 'zod';
import { DemoError } from '../demoError.ts';
import type { EstateProcess } from '../estate/processes.ts';
import type { Shares } from '../stages.ts';

/** A process of the estate: a service, the facade or the load generator. */
export type ServiceName = EstateProcess['name'];

const json = z.json();

/** The switches that the estate's services offer to whoever runs them. */
export interface EstateAdmin {
  setShares(shares: Shares): Promise<void>;
  setRate(rate: number): Promise<void>;
  /** Items that the load leaves alone from now on. */
  reserve(itemIds: readonly number[]): Promise<void>;
  switchFault(service: ServiceName, id: string, on: boolean, itemIds?: readonly number[]): Promise<void>;
  loadLedger(): Promise<z.infer<typeof json>>;
}

/** Talks to the admin endpoints of the estate at these URLs. */
export function estateAdmin(urls: Readonly<Record<ServiceName, string>>): EstateAdmin {
  const send = async (service: ServiceName, method: string, path: string, body: unknown): Promise<void> => {
    const url = `${urls[service]}${path}`;
    const answer = await fetch(url, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      // A change of the write share drains both directions before it answers.
      signal: AbortSignal.timeout(60_000),
    });
    const text = await answer.text();
    if (!answer.ok) throw new DemoError(`${method} ${path} of ${service}: HTTP ${answer.status} ${text.slice(0, 500)}`);
  };
  return {
    setShares: (shares) => send('facade', 'PUT', '/admin/shares', shares),
    setRate: (rate) => send('load', 'PUT', '/admin/rate', { rate }),
    reserve: (itemIds) => send('load', 'PUT', '/admin/reserved', { itemIds }),
    switchFault: (service, id, on, itemIds) =>
      send(service, 'POST', '/admin/faults', itemIds === undefined ? { id, on } : { id, on, itemIds }),
    async loadLedger() {
      const answer = await fetch(`${urls.load}/ledger`, { signal: AbortSignal.timeout(10_000) });
      if (!answer.ok) throw new DemoError(`GET /ledger of load: HTTP ${answer.status}`);
      return json.parse(await answer.json());
    },
  };
}
