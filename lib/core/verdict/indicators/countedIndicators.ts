import type { Criterion } from '../verdict.ts';
import { cdcLag } from './cdcLag.ts';
import { consistency } from './consistency.ts';
import { errorRate } from './errorRate.ts';
import type { CountedIndicator } from './indicator.ts';
import { latency } from './latency.ts';
import { sagaSuccess } from './sagaSuccess.ts';
import { transactionTime } from './transactionTime.ts';

/** Every indicator that is counted; a new one is a file beside this and a line here. */
const COUNTED_INDICATORS: readonly CountedIndicator[] = [
  latency,
  errorRate,
  cdcLag,
  consistency,
  sagaSuccess,
  transactionTime,
];

/** The counted indicator of a criterion; undefined for those that are judged otherwise. */
export function countedIndicator({
  indicator,
  kind,
}: Pick<Criterion, 'indicator' | 'kind'>): CountedIndicator | undefined {
  // Of consistency both is judged: the share of changes that were in time, and, as a count, what is open.
  if (kind !== 'proportion' && kind !== 'quantile') return undefined;
  return COUNTED_INDICATORS.find((counted) => counted.kind === indicator);
}
