// Evidence that a bad share is below p0, valid however often it is looked at: lambda = n * p0, k bad. The mixture over
// p1 in (0, p0) with density proportional to p1^(-1/2) of (p1/p0)^x e^(p0-p1) is a nonnegative supermartingale while the
// share is at least p0, so P(ever E >= 1/alpha) <= alpha (Ville 1939; Robbins 1970; Howard et al. 2021, arXiv 1810.08240).
import gammaln from '@stdlib/math-base-special-gammaln';

/** The e-value E_k(lambda) against "the bad share is at least p0"; k may be a real number; Infinity past 1e308. */
export function passEvidence(k: number, lambda: number): number {
  return Math.exp(logPassEvidence(k, lambda));
}

/** ln E_k(lambda), exact where E itself would overflow. */
export function logPassEvidence(k: number, lambda: number): number {
  const s = k + 0.5;
  if (lambda < s + 1) return Math.log(seriesSum(s, lambda) / 2);
  const logComplete = gammaln(s) + lambda - s * Math.log(lambda);
  return logComplete - Math.LN2 + Math.log1p(-continuedFraction(s, lambda) * Math.exp(-logComplete));
}

/** gammaLower(s, x) e^x x^(-s) as its series of positive terms: the sum of x^i / (s (s+1) ... (s+i)). */
function seriesSum(s: number, x: number): number {
  let term = 1 / s;
  let sum = term;
  for (let i = 1; term > sum * 1e-17; i++) {
    term *= x / (s + i);
    sum += term;
  }
  return sum;
}

/** gammaUpper(s, x) e^x x^(-s) for x >= s + 1, as the continued fraction DLMF 8.9.2 by Lentz's method. */
function continuedFraction(s: number, x: number): number {
  let b = x + 1 - s;
  let c = Number.MAX_VALUE;
  let d = 1 / b;
  let value = d;
  for (let i = 1; i < 1_000_000; i++) {
    const a = -i * (i - s);
    b += 2;
    d = 1 / (a * d + b);
    c = b + a / c;
    const factor = c * d;
    value *= factor;
    if (Math.abs(factor - 1) < 1e-16) break;
  }
  return value;
}
