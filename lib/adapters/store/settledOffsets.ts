import type pg from 'pg';
import { z } from 'zod';
import type { SettledOffset, SettledOffsets } from '../../ports/settledOffsets.ts';
import type { VerifyTarget } from '../../ports/verifyStore.ts';

const big = z.string().transform(BigInt);
const Found = z.object({ topic: z.string(), part: z.number(), next: big, skipped: big, live: z.boolean() });

/** How far continuous verification is, as it writes it down itself. */
export class StoredSettledOffsets implements SettledOffsets {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  async settled({ context, table }: VerifyTarget): Promise<readonly SettledOffset[] | null> {
    const { rows } = await this.#pool.query(
      `select topic, part, verified_offset::text as next, skipped::text as skipped, leased_until > now() as live
       from verify_partition where context = $1 and "table" = $2 order by topic, part`,
      [context, table],
    );
    const parts = z.array(Found).parse(rows);
    // A partition without a worker stands still: nobody can say when it goes on.
    if (parts.length === 0 || parts.some(({ live }) => !live)) return null;
    return parts.map(({ topic, part, next, skipped }) => ({ topic, part, nextOffset: next, skipped }));
  }
}
