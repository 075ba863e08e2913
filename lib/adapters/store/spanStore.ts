// Spans go in by COPY: if it succeeds, the table's key has proved each of them new. If it meets one that is there
// already, the transaction starts again with INSERT ... ON CONFLICT DO NOTHING RETURNING, which tells them apart.
// (Spans a CPU second of both processes, batches of 2,000: COPY 39k, COPY through a temporary table 26k, unnest 16k.)
import type { Pool, PoolClient } from 'pg';
import type { SpanRow } from '../../core/trace/span.ts';
import { BanyanError, messageOf } from '../../errors.ts';
import type { SpanFacts, SpanStore } from '../../ports/spanStore.ts';
import { addSpanFacts } from './spanFacts.ts';
import { keepSpanPartitions } from './spanPartitions.ts';
import { copySpans, insertNewSpans } from './spanRows.ts';

export interface SpanStoreOptions {
  readonly pool: Pool;
  /** A transaction that takes longer is given up, its outcome unknown. */
  readonly timeoutMs?: number;
}

/** After a repeated span the next batches are written the careful way at once: repeats come in bursts. */
const CAREFUL_BATCHES = 20;

type FactsOf = (isNew: readonly boolean[]) => SpanFacts;

/** The store of spans on PostgreSQL. */
export function spanStore({ pool, timeoutMs = 10_000 }: SpanStoreOptions): SpanStore {
  let carefulBatches = 0;

  const transact = async (spans: readonly SpanRow[], receivedMs: number, factsOf: FactsOf, isCareful: boolean) =>
    withClient(pool, timeoutMs, async (client) => {
      await client.query(`begin; set local statement_timeout = ${timeoutMs}; set local synchronous_commit = on`);
      const isNew = isCareful
        ? await insertNewSpans(client, spans, receivedMs)
        : await copySpans(client, spans, receivedMs);
      await addSpanFacts(client, factsOf(isNew), receivedMs);
      await client.query('commit');
      return isNew;
    });

  return {
    async write(spans, receivedMs, factsOf) {
      if (carefulBatches > 0) {
        carefulBatches -= 1;
        return translated(transact(spans, receivedMs, factsOf, true));
      }
      try {
        return await transact(spans, receivedMs, factsOf, false);
      } catch (error) {
        if (sqlState(error) !== '23505') throw translate(error);
        carefulBatches = CAREFUL_BATCHES;
        return translated(transact(spans, receivedMs, factsOf, true));
      }
    },
    keepPartitions: (options) => translated(keepSpanPartitions(pool, options)),
  };
}

/** Runs on one connection; after an error or the time-out it is thrown away, for its state is unknown. */
async function withClient<T>(pool: Pool, timeoutMs: number, run: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let isReleased = false;
  const release = (isBroken: boolean): void => {
    if (isReleased) return;
    isReleased = true;
    client.release(isBroken);
  };
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      release(true);
      reject(new BanyanError('unavailable', `the store did not answer within ${timeoutMs} ms`));
    }, timeoutMs + 1_000);
  });
  try {
    const result = await Promise.race([run(client), tooLate]);
    release(false);
    return result;
  } catch (error) {
    release(await isBrokenAfterRollback(client, isReleased, error));
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** A statement that the server refused leaves a sound connection; anything else does not. */
async function isBrokenAfterRollback(client: PoolClient, isReleased: boolean, error: unknown): Promise<boolean> {
  if (isReleased || sqlState(error) === undefined) return true;
  try {
    await client.query('rollback');
    return false;
  } catch {
    return true;
  }
}

function sqlState(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.length === 5
    ? error.code
    : undefined;
}

async function translated<T>(running: Promise<T>): Promise<T> {
  try {
    return await running;
  } catch (error) {
    throw translate(error);
  }
}

/** SQLSTATE classes 22, 23 and 54 are about the data; everything else is about the store. */
function translate(error: unknown): BanyanError {
  if (error instanceof BanyanError) return error;
  const isData = /^(22|23|54)/.test(sqlState(error) ?? '');
  return new BanyanError(isData ? 'bad_input' : 'unavailable', `spans can't be stored: ${messageOf(error)}`, {
    cause: error,
  });
}
