import type { Pool } from 'pg';
import { PART_SILENCE_MS } from '../../core/verdict/partLiveness.ts';
import type { Logger } from '../../ports/logger.ts';
import type { PartReport, StatusBoard } from '../../ports/statusBoard.ts';

const FLUSH_EVERY_MS = 1_000;
const FORGET_EVERY_MS = 10_000;

/** The parts whose names come from the configuration, as this process runs it. */
export interface NamedParts {
  /** Digest of the configuration: only who runs the newest one may say what is no longer named. */
  readonly digest: string;
  /** What such names begin with, before the colon. */
  readonly kinds: readonly string[];
  readonly parts: readonly string[];
}

export interface StoredStatusBoard extends StatusBoard {
  /** Writes what is left and stops. */
  stop(): Promise<void>;
}

/**
 * Keeps each part's newest report and writes them once a second to `part_status`. What nobody reports any more because
 * the configuration does not name it any more is forgotten, so that its silence is not taken for a failure.
 */
export function startStatusBoard(pool: Pool, worker: string, logger: Logger, named: NamedParts): StoredStatusBoard {
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
  const forget = async (): Promise<void> => {
    try {
      await pool.query(
        `delete from part_status where split_part(part, ':', 1) = any($1) and part <> all($2)
           and checked_at < now() - make_interval(secs => $3)
           and (select digest from config_snapshot order by loaded_at desc limit 1) = $4`,
        [named.kinds, named.parts, PART_SILENCE_MS / 1_000, named.digest],
      );
    } catch (error) {
      logger.warn({ err: error }, 'the parts that are no longer configured could not be forgotten');
    }
  };
  const every = (ms: number, work: () => Promise<void>) => {
    const run = () => {
      writing = writing.then(work);
    };
    run();
    return setInterval(run, ms).unref();
  };
  const timers = [every(FLUSH_EVERY_MS, flush), every(FORGET_EVERY_MS, forget)];

  return {
    report(part) {
      waiting.set(part.part, part);
    },
    async stop() {
      for (const timer of timers) clearInterval(timer);
      await writing;
      await flush();
    },
  };
}
