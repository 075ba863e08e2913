/** The alternatives of the fail evidence: how many times worse than allowed the share might be. */
export const FAIL_MULTIPLES: readonly number[] = [2, 5, 10, 50, 100, 1000];

/** ln of the mean of e^x, without overflow. */
export function logMeanExp(logs: readonly number[]): number {
  const top = Math.max(...logs);
  if (!Number.isFinite(top)) return top;
  let sum = 0;
  for (const x of logs) sum += Math.exp(x - top);
  return top + Math.log(sum / logs.length);
}
