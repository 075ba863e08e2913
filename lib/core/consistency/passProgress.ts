// How far a pass over a table has come, and when it will end.

export interface PassFigures {
  readonly state: string;
  readonly startedAtMs: number;
  readonly finishedAtMs: number | null;
  readonly rowsCompared: number;
  /** From the catalogue when the pass began, if it said; never exact. */
  readonly rowsEstimated: number | null;
  /** As the verifier measured it, if it did. */
  readonly rowsPerSec: number | null;
  readonly etaAtMs: number | null;
}

export interface PassProgress {
  /** Share of the key range compared, 0 to 1; null where the size of the table is not known. 1 only when all is done. */
  readonly share: number | null;
  readonly rowsPerSec: number | null;
  readonly etaAtMs: number | null;
}

/** A pass that still runs is never shown as whole: its estimate may be too low. */
const ALMOST = 0.99;
/** Rates of a shorter time say more about the start than about the pass. */
const RATE_AFTER_MS = 2_000;

/**
 * Progress of a pass. Where the verifier wrote no estimate, the rows of the last complete pass stand for it.
 * @param lastRows rows of the newest complete pass, or null
 */
export function passProgress(pass: PassFigures, lastRows: number | null, nowMs: number): PassProgress {
  const tookMs = (pass.finishedAtMs ?? nowMs) - pass.startedAtMs;
  const measured = tookMs >= RATE_AFTER_MS || pass.finishedAtMs !== null;
  const rowsPerSec =
    pass.rowsPerSec ?? (measured && pass.rowsCompared > 0 ? (pass.rowsCompared * 1000) / Math.max(tookMs, 1) : null);
  if (pass.state === 'complete') return { share: 1, rowsPerSec, etaAtMs: null };
  const total = pass.rowsEstimated ?? lastRows;
  const share = total === null || total === 0 ? null : Math.min(ALMOST, pass.rowsCompared / total);
  if (pass.state !== 'running') return { share, rowsPerSec, etaAtMs: null };
  const leftMs =
    total === null || rowsPerSec === null || rowsPerSec === 0
      ? null
      : (Math.max(0, total - pass.rowsCompared) / rowsPerSec) * 1000;
  return { share, rowsPerSec, etaAtMs: pass.etaAtMs ?? (leftMs === null ? null : Math.round(nowMs + leftMs)) };
}
