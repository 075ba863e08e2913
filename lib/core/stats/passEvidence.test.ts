// Simulations with a fixed seed: they show that polling is safe here, and that the test could see it if it were not.
import { describe, expect, it } from 'vitest';
import { CHANGE_ALARM, changeEvidence } from './changeEvidence.ts';
import { minTrialsToPass } from './minTrialsToPass.ts';
import { passThreshold } from './passThreshold.ts';

/** Mulberry32: a small seeded generator of numbers in [0, 1). */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Share of runs at share p0 that pass at least once when they are asked after every event. */
function falsePassShare(trialsNeeded: readonly number[], p0: number, runs: number, horizon: number): number {
  const random = seeded(20261121);
  let passed = 0;
  for (let run = 0; run < runs; run++) {
    let k = 0;
    for (let n = 1; n <= horizon; n++) {
      if (random() < p0) k++;
      if (n >= (trialsNeeded[k] ?? Number.POSITIVE_INFINITY)) {
        passed++;
        break;
      }
    }
  }
  return passed / runs;
}

describe('polled after every event while the bad share is exactly p0', () => {
  const p0 = 0.01;
  const failures = Array.from({ length: 120 }, (_, k) => k);

  it('falsely passes in at most 5.5 % of runs', () => {
    const needed = failures.map((k) => Math.ceil(passThreshold(k, 0.05) / p0));
    expect(falsePassShare(needed, p0, 2000, 5000)).toBeLessThanOrEqual(0.055);
  });

  it('would falsely pass in more than 20 % under the rule for one look', () => {
    const needed = failures.map((k) => minTrialsToPass(k, p0, 0.05));
    expect(falsePassShare(needed, p0, 2000, 5000)).toBeGreaterThan(0.2);
  });
});

function minutesOf(random: () => number, count: number, n: number, share: number): { n: number; bad: number }[] {
  return Array.from({ length: count }, () => {
    let bad = 0;
    for (let i = 0; i < n; i++) if (random() < share) bad++;
    return { n, bad };
  });
}

describe('changeEvidence', () => {
  it('raises no alarm in 10,000 minutes at the limit itself', () => {
    const minutes = minutesOf(seeded(7), 10_000, 60, 0.01);
    const alarms = minutes.filter(
      (_, i) => i % 50 === 0 && changeEvidence(minutes.slice(0, i + 1), 0.01) >= CHANGE_ALARM,
    );
    expect(alarms).toEqual([]);
  });

  it.each([
    [0.01, 60, 3],
    [1e-4, 3000, 5],
  ])('sees ten times p0 = %d at %i a minute within %i minutes, after a clean day', (p0, perMinute, within) => {
    let seen = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const random = seeded(seed);
      const day = Array.from({ length: 1440 }, () => ({ n: perMinute, bad: 0 }));
      if (changeEvidence([...day, ...minutesOf(random, within, perMinute, 10 * p0)], p0) >= CHANGE_ALARM) seen++;
    }
    expect(seen).toBeGreaterThanOrEqual(17);
  });

  it('sees a regression inside the open minute', () => {
    const minutes = [...Array(600).fill({ n: 960, bad: 0 }), { n: 160, bad: 4 }];
    expect(changeEvidence(minutes, 1e-4)).toBeGreaterThanOrEqual(CHANGE_ALARM);
  });
});
