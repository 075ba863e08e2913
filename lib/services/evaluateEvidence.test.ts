import { expect, it } from 'vitest';
import { CONTEXT, criterion, NOW_MS, STARTED_MS } from '../core/verdict/testCases.ts';
import type { EvidenceStore } from '../ports/evidenceStore.ts';
import { loadEvidence } from './evaluateEvidence.ts';

/** A store that holds counters of these cohorts. */
function storeOf(counted: Readonly<Record<string, number>>): EvidenceStore {
  return {
    counters: async (_context, _indicator, { cohort }) => {
      const n = counted[cohort] ?? 0;
      return n === 0 ? [] : [{ minuteMs: STARTED_MS, n, bad: 0, unknown: 0, lastBucketMs: STARTED_MS }];
    },
    bins: async () => [],
    sampledLagMs: async () => null,
    pendingSagas: async () => 0,
    parts: async () => [],
    stoppedPartitions: async () => [],
    checkedInvariants: async () => [],
    comparedTables: async () => [],
  };
}

const cases: [what: string, counted: Readonly<Record<string, number>>, wanting: RegExp | null][] = [
  ['heartbeats alone lack a change', { heartbeat: 5_000 }, /^no change event has been applied yet/],
  ['heartbeats and one applied change lack nothing', { heartbeat: 5_000, apply: 1 }, null],
];

it.each(cases)('the lag of the CDC pipeline: %s', async (_what, counted, wanting) => {
  const request = {
    context: CONTEXT,
    criterion: criterion('sync_data', 'cdc_lag'),
    fromMs: STARTED_MS,
    nowMs: NOW_MS,
  };
  const evidence = await loadEvidence(storeOf(counted), { parts: [], stopped: [], readAtMs: NOW_MS }, request);
  expect(evidence).toMatchObject({ wanting: wanting === null ? null : expect.stringMatching(wanting) });
});

it.each([
  [
    'the share of changes in time is counted',
    'consistency',
    { applied: 40 },
    { kind: 'counted', n: 40, wanting: null },
  ],
  ['what is open is compared', 'divergences', { applied: 40 }, { kind: 'comparison' }],
] as const)('of consistency %s', async (_what, id, counted, expected) => {
  const request = { context: CONTEXT, criterion: criterion('sync_data', id), fromMs: STARTED_MS, nowMs: NOW_MS };
  const evidence = await loadEvidence(storeOf(counted), { parts: [], stopped: [], readAtMs: NOW_MS }, request);
  expect(evidence).toMatchObject(expected);
});
