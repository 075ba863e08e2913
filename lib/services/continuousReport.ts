import { BanyanError, messageOf } from '../errors.ts';
import type { PartReport } from '../ports/statusBoard.ts';
import type { VerifyTarget } from '../ports/verifyStore.ts';

/** How continuous verification of one table is doing. */
export interface ContinuousFigures {
  readonly keysPerSec: number;
  /** Keys that wait in memory, and in the store. */
  readonly waiting: number;
  readonly stored: number;
  /** Changes left out for want of room, or lost before they could be read, of all time. */
  readonly skipped: bigint;
  /** What went wrong last, or null. */
  readonly trouble: unknown;
}

/** The report of the part `continuous:<context>/<table>`; its sample carries the figures. */
export function continuousReport({ context, table }: VerifyTarget, figures: ContinuousFigures): PartReport {
  const { keysPerSec, waiting, stored, skipped, trouble } = figures;
  const part = `continuous:${context}/${table}`;
  const sample = { keysPerSec, waiting, stored, skipped: skipped.toString() };
  if (trouble !== null) {
    const fix = trouble instanceof BanyanError && trouble.fix !== undefined ? { fix: trouble.fix } : {};
    return { part, state: 'down', detail: messageOf(trouble), sample, ...fix };
  }
  const detail = `${keysPerSec} keys a second, ${waiting} wait in memory, ${stored} in the store, ${skipped} left out or lost`;
  return { part, state: stored > 0 ? 'degraded' : 'ok', detail, sample };
}
