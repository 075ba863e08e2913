import type pg from 'pg';
import { z } from 'zod';
import type { PassDemand } from '../../ports/passDemand.ts';
import type { VerifyTarget } from '../../ports/verifyStore.ts';

const Newest = z.object({ at: z.date().nullable() });

/** The kind of a command that wishes for a pass; its input names the context and the table. */
const KIND = 'pass';

/** The wish for a pass as a command of the store. */
export async function askForPass(
  pool: pg.Pool,
  { context, table }: VerifyTarget,
  id: string,
  atMs: number,
): Promise<void> {
  await pool.query(
    `insert into command (id, kind, input, principal, idempotency_key, created_at)
     values ($1, $2, $3, 'command line', $1, $4)`,
    [id, KIND, JSON.stringify({ context, table }), new Date(atMs)],
  );
}

/** Attempts, and commands of kind `pass`, of the store. */
export class StoredPassDemand implements PassDemand {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  async newestAskedAtMs({ context, table }: VerifyTarget): Promise<number | null> {
    // An attempt begins up to ten seconds after it was opened.
    const { rows } = await this.#pool.query(
      `select greatest(
         (select max(started_at) from attempt where context = $1 and ended_at is null and started_at <= now()),
         (select max(created_at) from command
          where kind = $3 and finished_at is null and input->>'context' = $1 and input->>'table' = $2)) as at`,
      [context, table, KIND],
    );
    return z.array(Newest).parse(rows)[0]?.at?.getTime() ?? null;
  }

  async begun({ context, table }: VerifyTarget, atMs: number): Promise<void> {
    await this.#pool.query(
      `update command set finished_at = now(), result = '{"outcome": "done"}'
       where kind = $3 and finished_at is null and created_at <= $4 and input->>'context' = $1 and input->>'table' = $2`,
      [context, table, KIND, new Date(atMs)],
    );
  }
}
