import type pg from 'pg';
import type { InvariantFound, InvariantStore, InvariantTarget } from '../../ports/invariantStore.ts';
import { storable } from './arrayLiteral.ts';

/** Checks of invariants, in PostgreSQL. */
export class StoredInvariants implements InvariantStore {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  async append(
    { context, invariant, definition }: InvariantTarget,
    found: InvariantFound,
    atMs: number,
  ): Promise<void> {
    const settled = found.state === 'settled' ? found : null;
    const detail = found.state === 'settled' ? null : storable(found.detail);
    await this.#pool.query(
      `insert into invariant_check (context, invariant, definition, at, state, total, parts, detail)
       values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        context,
        invariant,
        definition,
        new Date(atMs),
        found.state,
        settled?.total ?? null,
        JSON.stringify(settled?.parts ?? []),
        detail,
      ],
    );
  }

  async checkedSince({ context, invariant, definition }: InvariantTarget, atMs: number): Promise<boolean> {
    const { rows } = await this.#pool.query(
      `select exists (select from invariant_check
         where context = $1 and invariant = $2 and definition = $3 and at >= $4) as checked`,
      [context, invariant, definition, new Date(atMs)],
    );
    return rows[0]?.checked === true;
  }
}
