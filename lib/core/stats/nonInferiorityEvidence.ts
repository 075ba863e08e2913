import betainc from '@stdlib/math-base-special-betainc';
import gammaln from '@stdlib/math-base-special-gammaln';

/**
 * The anytime-valid e-value of "no increase": kTreatment and kBaseline failures where theta0 is the treatment's share at
 * the declared ratio. A beta(1/2, 1/2) mixture cut at theta0; pass when it is at least 1 / alpha.
 */
export function nonInferiorityEvidence(kTreatment: number, kBaseline: number, theta0: number): number {
  const log =
    logIncompleteBeta(theta0, kTreatment + 0.5, kBaseline + 0.5) -
    logIncompleteBeta(theta0, 0.5, 0.5) -
    kTreatment * Math.log(theta0) -
    kBaseline * Math.log1p(-theta0);
  return Math.exp(log);
}

function logIncompleteBeta(x: number, a: number, b: number): number {
  return Math.log(betainc(x, a, b, true, false)) + gammaln(a) + gammaln(b) - gammaln(a + b);
}
