import type { Pool } from 'pg';
import type { Logger } from '../../ports/logger.ts';
import type { PartReport, StatusBoard } from '../../ports/statusBoard.ts';

const FLUSH_EVERY_MS = 1_000;

export interface StoredStatusBoard extends StatusBoard {
  /** Writes what is left and stops. */
  stop(): Promise<void>;
}

/** Keeps each part's newest report and writes them once a second to `part_status`. */
export function startStatusBoard(pool: Pool, worker: string, logger: Logger): StoredStatusBoard {
  const waiting = new Map<string, PartReport>();
  let writing: Promise<void> = Promise.resolve();

  const flush = async (): Promise<void> => {
    const reports = [...waiting.values()].sort((a, b) => (a.part < b.part ? -1 : 1));
    if (reports.length === 0) return;
    waiting.clear();
    try {
      await pool.query(
        `insert into part_status as s (part, worker, state, detail, fix, since_at, checked_at, sample)
         select part, $1, state, detail, fix, now(), now(), sample::jsonb
         from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) as r (part, state, detail, fix, sample)
         on conflict (part, worker) do update set state = excluded.state, detail = excluded.detail, fix = excluded.fix,
           checked_at = excluded.checked_at, sample = coalesce(excluded.sample, s.sample),
           since_at = case when s.state = excluded.state then s.since_at else excluded.since_at end`,
        [
          worker,
          reports.map((r) => r.part),
          reports.map((r) => r.state),
          reports.map((r) => r.detail.replaceAll('\u0000', '\\0').slice(0, 2_000)),
          reports.map((r) => r.fix ?? null),
          reports.map((r) => (r.sample === undefined ? null : JSON.stringify(r.sample).replaceAll('\\u0000', ''))),
        ],
      );
    } catch (error) {
      logger.warn({ err: error }, 'the status of the parts could not be written');
    }
  };
  const timer = setInterval(() => {
    writing = writing.then(flush);
  }, FLUSH_EVERY_MS);
  timer.unref();

  return {
    report(part) {
      waiting.set(part.part, part);
    },
    async stop() {
      clearInterval(timer);
      await writing;
      await flush();
    },
  };
}
