// The published vectors of the statistics, one table a function.
import { describe, expect, it } from 'vitest';
import { burnRateLower } from './burnRateLower.ts';
import { changeEvidence } from './changeEvidence.ts';
import { clopperPearsonLower, clopperPearsonUpper } from './clopperPearson.ts';
import { effectiveSample } from './effectiveSample.ts';
import { epochAlpha } from './epochAlpha.ts';
import { failEvidence } from './failEvidence.ts';
import { minTrialsToPass } from './minTrialsToPass.ts';
import { nonInferiority } from './nonInferiority.ts';
import { nonInferiorityEvidence } from './nonInferiorityEvidence.ts';
import { pairedNonInferiority } from './pairedNonInferiority.ts';
import { logPassEvidence, passEvidence } from './passEvidence.ts';
import { passThreshold } from './passThreshold.ts';
import { quantileRanks } from './quantileRanks.ts';
import { remainingTrials } from './remainingTrials.ts';

function expectClose(actual: number, expected: number, relative = 1e-9): void {
  if (expected === 0) expect(actual).toBe(0);
  else expect(Math.abs(actual / expected - 1), `${actual} is not ${expected}`).toBeLessThanOrEqual(relative);
}

describe('clopperPearson: exact bounds at 95 %', () => {
  it.each([
    [0, 29_955, 1.00002753474e-4, 0],
    [0, 29_956, 9.99994153198e-5, 0],
    [0, 1000, 0.002991249545, 0],
    [1, 50_000, 9.487373836e-5, 1.025865362e-6],
    [2, 40_000, 1.573863891e-4, 8.884109356e-6],
  ])('%i of %i lies below %d and above %d', (k, n, upper, lower) => {
    expectClose(clopperPearsonUpper(k, n, 0.05), upper);
    expectClose(clopperPearsonLower(k, n, 0.05), lower);
  });

  it.each([
    [0, 0, 1, 0],
    [5, 5, 1, 0.05 ** (1 / 5)],
  ])('%i of %i stays within 0 and 1', (k, n, upper, lower) => {
    expect(clopperPearsonUpper(k, n, 0.05)).toBe(upper);
    expectClose(clopperPearsonLower(k, n, 0.05), lower);
  });
});

it.each([
  [1e-4, 0.05, [29_956, 47_437, 62_956, 77_535, 91_533]],
  [1e-4, 0.01, [46_050, 66_381, 84_057, 100_448, 116_043]],
  [0.01, 0.05, [299, 473, 628, 773, 913]],
])('minTrialsToPass at p0 %d and alpha %d', (p0, alpha, expected) => {
  expect(expected.map((_, k) => minTrialsToPass(k, p0, alpha))).toEqual(expected);
});

describe('passEvidence', () => {
  it.each([
    [0, 1, 2.03007846928],
    [0, 3, 10.130011201],
    [0, 2.9956, 10.0922087443],
    [1, 5, 5.77289139651],
  ])('E(%i; %d) = %d', (k, lambda, expected) => expectClose(passEvidence(k, lambda), expected));

  it.each([0, 1, 2, 5, 17, 60])('obeys E_{k+1} = ((k + 1/2) E_k - 1/2) / lambda at k = %i', (k) => {
    for (const lambda of [k + 0.6, k + 1.4, k + 1.6, k + 3, 2 * k + 40]) {
      const next = ((k + 0.5) * passEvidence(k, lambda) - 0.5) / lambda;
      expectClose(passEvidence(k + 1, lambda), next, 1e-8);
    }
  });

  it('has no jump where its two forms meet, for real k and large counts', () => {
    for (const k of [0, 0.7, 10.25, 400.5, 1e5]) {
      const seam = k + 1.5;
      expectClose(logPassEvidence(k, seam * (1 - 1e-12)), logPassEvidence(k, seam), 1e-9);
    }
  });

  it('stays a number far from the target on either side', () => {
    expect(logPassEvidence(0, 1e6)).toBeGreaterThan(9e5);
    expect(passEvidence(0, 1e6)).toBe(Number.POSITIVE_INFINITY);
    expect(passEvidence(1e6, 1)).toBeGreaterThan(0);
    expectClose(passEvidence(0, 0), 1);
  });
});

describe('passThreshold', () => {
  it.each([
    [0.05, [3.7884187, 6.6572282, 8.8619254, 10.828435, 12.661232, 14.405262, 16.084754]],
    [0.01, [5.5870039, 8.6573157, 11.011504, 13.10266]],
  ])('lambda_k at alpha %d', (alpha, expected) => {
    expected.forEach((lambda, k) => {
      expectClose(passThreshold(k, alpha), lambda, 5e-8);
    });
  });

  it.each([
    [1e-4, 37_885, 66_573, 88_620],
    [0.01, 379, 666, 887],
  ])('trials needed at p0 %d: %i, %i, %i', (p0, ...expected) => {
    expect(expected.map((_, k) => remainingTrials(k, 0, p0, 0.05))).toEqual(expected);
  });

  it('gives the anytime upper bound to show', () => {
    expectClose(passThreshold(0, 0.05) / 29_956, 1.264661076e-4);
  });

  it('asks 43,529 sagas without a failure of the first attempt', () => {
    const alpha = epochAlpha(0.05, 1);
    expect(remainingTrials(0, 0, 1e-4, alpha)).toBe(43_529);
    expect(remainingTrials(0, 29_956, 1e-4, alpha)).toBe(13_573);
    expect(remainingTrials(0, 50_000, 1e-4, alpha)).toBe(0);
  });
});

describe('failEvidence', () => {
  it.each([
    [1, 0.01, 13.9597006223],
    [2, 0.1, 13.3587535492],
    [3, 0.1, 246.432655127],
  ])('F(%i; %d) = %d', (k, lambda, expected) => expectClose(failEvidence(k, lambda), expected));

  it.each([
    [1, 0.00523673441703, 1e-9],
    [2, 0.0811694, 5e-7],
    [3, 0.2885493, 5e-7],
    [4, 0.5861409, 5e-7],
  ])('%i failures fail one criterion at alpha .05 just below lambda %d', (k, lambda, relative) => {
    expect(failEvidence(k, lambda * (1 - relative))).toBeGreaterThanOrEqual(20);
    expect(failEvidence(k, lambda * (1 + relative))).toBeLessThan(20);
  });
});

describe('quantileRanks of q = .99, one-sided 95 %', () => {
  it.each([
    [500, 499, 491],
    [1000, 996, 985],
    [10_000, 9917, 9883],
  ])('n = %i: upper %i, lower %i', (n, upper, lower) => {
    expect(quantileRanks(n, 0.99, 0.05)).toEqual({ upper, lower });
  });

  it('has no finite upper bound below n = 299', () => {
    expect(quantileRanks(298, 0.99, 0.05).upper).toBeNull();
    expect(quantileRanks(299, 0.99, 0.05).upper).toBe(299);
  });
});

describe('no increase', () => {
  it.each([
    [118, 1e6, 120, 1e6, 1.25, 0.0370386159, 1.2272746],
    [150, 1e6, 120, 1e6, 1.25, 0.5235058761, 1.5413394],
    [5, 1e5, 80, 9e5, 1.5, 0.01295536478, 1.2238546],
  ])('%i of %i against %i of %i at ratio %d: p %d, upper %d', (badT, nT, badB, nB, ratio, p, upper) => {
    const result = nonInferiority({ badTreatment: badT, nTreatment: nT, badBaseline: badB, nBaseline: nB, ratio });
    expectClose(result.p, p, 5e-9);
    expectClose(result.upper, upper, 5e-8);
  });

  it.each([
    [0, 30, 45 / 345, 28.76753725],
    [118, 120, 5 / 9, 0.5162847451],
  ])('evidence of %i against %i at theta0 %d is %d', (kT, kB, theta0, expected) => {
    expectClose(nonInferiorityEvidence(kT, kB, theta0), expected);
  });

  it('judges paired shadow reads', () => expectClose(pairedNonInferiority(3, 12, 1.25), 0.005593107956));

  it('never passes 4 failures against none', () => {
    const input = { badTreatment: 4, nTreatment: 1e6, badBaseline: 0, nBaseline: 1e6, ratio: 1.25 };
    expect(nonInferiority(input)).toEqual({ p: 1, upper: Number.POSITIVE_INFINITY });
  });
});

it.each([
  [1000, [5, 3, 2, 2]],
  [10_000, [22, 11, 7, 4]],
])('burnRateLower: failures needed at n = %i, SLO .9999, for 14.4, 6, 3 and 1', (n, expected) => {
  const needed = [14.4, 6, 3, 1].map((threshold) => {
    let k = 0;
    while (burnRateLower(k, n, 0.9999, 0.05) <= threshold) k++;
    return k;
  });
  expect(needed).toEqual(expected);
});

describe('effectiveSample', () => {
  it('divides clumped failures by their dispersion', () => {
    const sample = effectiveSample([0, 0, 1, 0, 7, 0, 0, 2, 0, 0].map((bad) => ({ n: 5000, bad })));
    expectClose(sample.phi, 4.889866862);
    expect(Math.floor(sample.n)).toBe(10_225);
    expectClose(sample.k, 10 / 4.889866862);
  });

  it.each([
    ['no block', []],
    ['no failure', [0, 0, 0]],
    ['one block', [7]],
    ['failures spread evenly', [1, 1, 1, 1]],
  ])('leaves counts alone: %s', (_, bads) => {
    const sample = effectiveSample(bads.map((bad) => ({ n: 100, bad })));
    expect(sample.phi).toBeLessThanOrEqual(1);
    expect(sample.n).toBe(bads.length * 100);
  });
});

it.each([
  [1, 0.0303963550927],
  [2, 0.00759908877318],
  [3, 0.00337737278808],
])('epochAlpha: attempt %i spends %d', (attempt, alpha) => expectClose(epochAlpha(0.05, attempt), alpha));

describe('changeEvidence', () => {
  it('follows R <- (R + 1) m^k e^(-(m-1) lambda) for each alternative', () => {
    const minutes = [
      { n: 60, bad: 0 },
      { n: 60, bad: 2 },
      { n: 12, bad: 1 },
    ];
    const expected =
      [2, 5, 10, 50, 100, 1000]
        .map((m) => minutes.reduce((r, { n, bad }) => (r + 1) * m ** bad * Math.exp(-(m - 1) * n * 0.01), 0))
        .reduce((sum, r) => sum + r, 0) / 6;
    expectClose(changeEvidence(minutes, 0.01), expected, 1e-12);
  });

  it('is 0 before the first minute and grows by one in a minute without observations', () => {
    expect(changeEvidence([], 0.01)).toBe(0);
    expectClose(changeEvidence([{ n: 0, bad: 0 }], 0.01), 1);
    expectClose(changeEvidence(Array(500).fill({ n: 0, bad: 0 }), 0.01), 500);
  });

  it('does not overflow into anything but Infinity', () => {
    expect(changeEvidence([{ n: 1e6, bad: 1e6 }], 1e-4)).toBe(Number.POSITIVE_INFINITY);
  });
});
