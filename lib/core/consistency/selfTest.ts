// What rounds of the self-test measured: of the rows made wrong on purpose, how many the verifier found, and how fast.
import { formatMs } from '../format/figure.ts';
import { type CanaryChange, expectedKind } from './canaryPlan.ts';
import type { Leg } from './rowVerdict.ts';

/** What became of one canary. */
export interface CanaryResult {
  readonly key: string;
  readonly change: CanaryChange;
  /** Mapped columns that were made wrong; none for a row that was taken out or added. */
  readonly columns: readonly string[];
  /** Null if the verifier did not name it in time. */
  readonly found: {
    /** From the commit of the wrong rows to the moment when the finding stood in the store, in ms. */
    readonly afterMs: number;
    readonly kind: string;
    readonly leg: string;
    readonly columns: readonly string[];
  } | null;
}

/** Figures over canaries of one round or several. */
export interface SelfTestTally {
  readonly planted: number;
  readonly found: number;
  readonly missed: number;
  /** Found with the right kind and exactly the columns that were made wrong. */
  readonly described: number;
  /** Found with a leg that fits a row which was written behind the applier's back. */
  readonly legRight: number;
  /** Nearest-rank quantiles of the time to detection, in ms; null if nothing was found. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly maxMs: number | null;
}

/** @param writesSeen true if the target's own changes are captured, so that a foreign hand can be told for certain */
export function tallyCanaries(canaries: readonly CanaryResult[], writesSeen: boolean): SelfTestTally {
  const found = canaries.flatMap((canary) => (canary.found === null ? [] : [{ canary, found: canary.found }]));
  const afterMs = found.map((each) => each.found.afterMs).toSorted((a, b) => a - b);
  const quantile = (q: number) => afterMs[Math.max(0, Math.ceil(q * afterMs.length) - 1)] ?? null;
  return {
    planted: canaries.length,
    found: found.length,
    missed: canaries.length - found.length,
    described: found.filter(({ canary, found: { kind, columns } }) => isDescribed(canary, kind, columns)).length,
    legRight: found.filter(({ found: { leg } }) => legFits(leg, writesSeen)).length,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    maxMs: afterMs.at(-1) ?? null,
  };
}

function isDescribed({ change, columns }: CanaryResult, kind: string, named: readonly string[]): boolean {
  if (kind !== expectedKind(change)) return false;
  return named.length === columns.length && columns.every((column) => named.includes(column));
}

/** A canary is written by another hand than the applier; who can't see that hand must say that it does not know. */
function legFits(leg: string, writesSeen: boolean): boolean {
  const right: readonly Leg[] = writesSeen ? ['rogue_write'] : ['rogue_write', 'unknown'];
  return right.some((fits) => fits === leg);
}

/** "5 of 5 canaries found, p99 1.8 s"; what was not right is said too. */
export function selfTestSentence(tally: SelfTestTally, others: number): string {
  const { planted, found, p99Ms, described, legRight } = tally;
  const parts = [`${found} of ${planted} ${planted === 1 ? 'canary' : 'canaries'} found`];
  if (p99Ms !== null) parts.push(`p99 ${formatMs(p99Ms)}`);
  if (described < found) parts.push(`${found - described} described otherwise than planted`);
  if (legRight < found) parts.push(`${found - legRight} with another leg`);
  if (others > 0) parts.push(`${others} other ${others === 1 ? 'key' : 'keys'} named meanwhile`);
  return parts.join(', ');
}
