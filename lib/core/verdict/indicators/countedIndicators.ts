import type { IndicatorKind } from '../verdict.ts';
import { cdcLag } from './cdcLag.ts';
import { errorRate } from './errorRate.ts';
import type { CountedIndicator } from './indicator.ts';
import { latency } from './latency.ts';
import { sagaSuccess } from './sagaSuccess.ts';
import { transactionTime } from './transactionTime.ts';

/** Every indicator that is counted; a new one is a file beside this and a line here. */
const COUNTED_INDICATORS: readonly CountedIndicator[] = [latency, errorRate, cdcLag, sagaSuccess, transactionTime];

/** The counted indicator of a kind; undefined for kinds that are judged otherwise. */
export function countedIndicator(kind: IndicatorKind): CountedIndicator | undefined {
  return COUNTED_INDICATORS.find((indicator) => indicator.kind === kind);
}
