import type { PartState } from '../../ports/statusBoard.ts';
import type { PartHealth } from './readHealth.ts';

/** What the worker says of judging a table's rows as they change. */
export interface ContinuousFigures {
  readonly state: PartState;
  readonly detail: string;
  readonly fix: string | null;
  readonly checkedAt: string;
  /**
   * Keys judged a second; keys that wait in memory and in the store; keys left out under load. Null: no
   * figure, or an old one. */
  readonly keysPerSec: number | null;
  readonly waiting: number | null;
  readonly stored: number | null;
  readonly skipped: number | null;
}

/** The figures in the sample of a part's report; what is not as expected is unknown. */
export function continuousFigures(part: PartHealth | null): ContinuousFigures | null {
  if (part === null) return null;
  // Figures of a worker that is silent say nothing of now.
  const figures = part.silent ? {} : objectOf(part.sample);
  const figure = (name: string): number | null => {
    const value = figures[name];
    const asNumber = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
    return typeof asNumber === 'number' && Number.isFinite(asNumber) ? asNumber : null;
  };
  return {
    state: part.state,
    detail: part.detail,
    fix: part.fix,
    checkedAt: part.checkedAt,
    keysPerSec: figure('keysPerSec'),
    waiting: figure('waiting'),
    stored: figure('stored'),
    skipped: figure('skipped'),
  };
}

function objectOf(json: string | null): Readonly<Record<string, unknown>> {
  if (json === null) return {};
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
