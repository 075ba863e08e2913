import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { DatabaseUrls } from './infra/infra.ts';
import { waitFor } from './waitFor.ts';

async function numberOf(client: pg.Client, sql: string, values: readonly unknown[] = []): Promise<number> {
  const { rows } = await client.query<{ value: string | null }>(sql, [...values]);
  return Number(rows[0]?.value ?? 0);
}

async function connected<T>(urls: readonly string[], use: (...clients: pg.Client[]) => Promise<T>): Promise<T> {
  const clients = urls.map((connectionString) => new pg.Client({ connectionString, application_name: 'demo' }));
  try {
    for (const client of clients) await client.connect();
    return await use(...clients);
  } finally {
    for (const client of clients) await client.end();
  }
}

/** Waits until the service holds as many rows as the monolith: the snapshot has been taken over. */
export async function untilSynchronised(databases: DatabaseUrls, signal: AbortSignal): Promise<void> {
  await connected([databases.monolith, databases.inventory], async (monolith, inventory) => {
    if (monolith === undefined || inventory === undefined) return;
    await waitFor(
      async () => {
        const wanted = await numberOf(monolith, 'select count(*)::text as value from inventory');
        const there = await numberOf(inventory, 'select count(*)::text as value from stock_level');
        return there >= wanted ? true : undefined;
      },
      { what: "the monolith's rows at the service", timeoutMs: 120_000, everyMs: 250, signal },
    );
  });
}

/** Waits for a change that was applied, and a span of the facade that Banyan stored, after the moment given. */
export async function untilFirstEvidence(databases: DatabaseUrls, sinceMs: number, signal: AbortSignal): Promise<void> {
  const applied = 'select coalesce(sum(next_offset), 0)::text as value from applied_offset';
  await connected([databases.inventory, databases.store], async (inventory, store) => {
    if (inventory === undefined || store === undefined) return;
    const before = await numberOf(inventory, applied);
    await waitFor(async () => ((await numberOf(inventory, applied)) > before ? true : undefined), {
      what: 'the first change applied at the service',
      timeoutMs: 60_000,
      everyMs: 200,
      signal,
    });
    await waitFor(
      async () => {
        const spans = `select count(*)::text as value from span_source where service = 'facade' and last_span_at >= $1`;
        return (await numberOf(store, spans, [new Date(sinceMs)])) > 0 ? true : undefined;
      },
      { what: 'the first span of the facade at Banyan', timeoutMs: 60_000, everyMs: 200, signal },
    );
  });
}

/** Below the 50 ms that are asked of reads. */
const CALM_MS = 40;
const LOOKUPS_A_ROUND = 20;
const CALM_ROUNDS = 3;
const LONGEST_MS = 45_000;

/**
 * Waits until lookups through the facade are quick for a few seconds on end: processes that have just started compile
 * their code first, and that says nothing about the migration. Gives up after 45 s: then the estate is as it is.
 * @returns false if it gave up.
 */
export async function untilCalm(facadeUrl: string, signal: AbortSignal, longestMs = LONGEST_MS): Promise<boolean> {
  const giveUpAt = performance.now() + longestMs;
  let calmRounds = 0;
  while (calmRounds < CALM_ROUNDS) {
    signal.throwIfAborted();
    if (performance.now() > giveUpAt) return false;
    let slowestMs = 0;
    for (let item = 1; item <= LOOKUPS_A_ROUND; item++) {
      slowestMs = Math.max(slowestMs, await lookupMs(`${facadeUrl}/api/inventory/${item}`));
      await delay(50, undefined, { signal });
    }
    calmRounds = slowestMs < CALM_MS ? calmRounds + 1 : 0;
  }
  return true;
}

/** How long one lookup took; one without an answer took for ever. */
async function lookupMs(url: string): Promise<number> {
  const startedAt = performance.now();
  try {
    await (await fetch(url, { signal: AbortSignal.timeout(5_000) })).arrayBuffer();
    return performance.now() - startedAt;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
