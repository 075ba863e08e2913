import type pg from 'pg';
import { z } from 'zod';
import type { OpenFinding, PassReader, SeenRun } from '../../ports/passReader.ts';
import type { VerifyTarget } from '../../ports/verifyStore.ts';
import { askForPass } from './passDemand.ts';
import { VerifyRunRow } from './verifyRunRow.ts';
import { cancelOpenRuns } from './verifyRuns.ts';

const Finding = z.object({
  key: z.string(),
  verdict: z.enum(['DIVERGED', 'PENDING', 'STALLED', 'CONFLICT', 'UNKNOWN']),
  kind: z.enum(['different', 'missing', 'extra']),
  leg: z.enum(['capture', 'transport', 'apply', 'rogue_write', 'unknown']),
  columns: z.array(z.string()),
  reason: z.string(),
});

/** Passes and findings as the store holds them. */
export class StoredPasses implements PassReader {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  async newestRun(target: VerifyTarget): Promise<SeenRun | null> {
    const { rows } = await this.#pool.query(
      `select * from verify_run where context = $1 and "table" = $2 and mode = 'sweep'
       order by state = 'running' desc, coalesce(finished_at, started_at) desc limit 1`,
      [target.context, target.table],
    );
    return z.array(VerifyRunRow).parse(rows)[0] ?? null;
  }

  async openFindings(target: VerifyTarget, limit: number): Promise<readonly OpenFinding[]> {
    const { rows } = await this.#pool.query(
      `select key, state as verdict, kind, leg, columns, coalesce(detail ->> 'reason', '') as reason from divergence
       where context = $1 and "table" = $2 and resolved_at is null and self_test is null
       order by array_position(array['DIVERGED', 'CONFLICT', 'UNKNOWN', 'STALLED', 'PENDING'], state), leg, key limit $3`,
      [target.context, target.table, limit],
    );
    return z.array(Finding).parse(rows);
  }

  async verifierSeenAtMs(): Promise<number | null> {
    // Only the role that verifies reports on databases.
    const { rows } = await this.#pool.query(
      `select max(checked_at) as at from part_status where part like 'database:%' or part like 'verify:%'`,
    );
    return (
      z
        .array(z.object({ at: z.date().nullable() }))
        .parse(rows)[0]
        ?.at?.getTime() ?? null
    );
  }

  askPass(target: VerifyTarget, id: string, nowMs: number): Promise<void> {
    return askForPass(this.#pool, target, id, nowMs);
  }

  cancelOpenRuns(target: VerifyTarget, reason: string, nowMs: number): Promise<void> {
    return cancelOpenRuns(this.#pool, target, reason, nowMs);
  }
}
