import { expect, it } from 'vitest';
import { VERDICT_WORDS } from '#lib/core/verdict/verdict.ts';
import { gateRegistry } from './gateRegistry.ts';

const criterion = {
  id: 'latency',
  title: 'Read latency',
  indicator: 'latency',
  kind: 'quantile',
  op: 'lt',
  target: 50,
  unit: 'ms',
  quantile: 0.99,
  verdict: 'no_data',
  reason: '',
  limitText: '',
  n: 0,
  failures: 0,
  pending: 0,
  unknown: 0,
  estimate: null,
  observed: null,
  bound: null,
  eValue: null,
  eThreshold: 32.9,
  alpha: 0.03,
  remaining: null,
  since: '2026-11-21T12:00:00Z',
  lastEvidenceAt: null,
  waiver: null,
} as const;

const metrics = {
  stages: [
    {
      stale: true,
      verdict: {
        schemaVersion: '1',
        context: 'inventory',
        stage: 'route_reads',
        stageNumber: 4,
        stageTitle: 'Route reads',
        phase: 'current',
        verdict: 'no_data',
        reason: 'stale',
        evaluatedAt: '2026-11-21T12:00:00Z',
        validUntil: '2026-11-21T12:00:15Z',
        epoch: null,
        criteria: [criterion],
      },
    },
  ],
  divergences: [
    { context: 'inventory', table: 'inventory', kind: 'different', state: 'DIVERGED', count: 2 },
    { context: 'inventory', table: 'inventory', kind: 'missing', state: 'DIVERGED', count: 1 },
  ],
  dropped: 0,
} as const;

it('has exactly one state of six at 1', async () => {
  const text = await gateRegistry(metrics).metrics();
  const states = VERDICT_WORDS.map((word) => [
    word,
    text.includes(`banyan_gate_verdict{context="inventory",stage="route_reads",verdict="${word}"} 1`),
  ]);
  expect(states.filter(([, on]) => on)).toEqual([['no_data', true]]);
});

it('leaves out what is unknown instead of showing zero', async () => {
  const text = await gateRegistry(metrics).metrics();
  expect(text).not.toMatch(/^banyan_e_value\{/m);
  expect(text).not.toMatch(/^banyan_evidence_last_timestamp_seconds\{/m);
  expect(text).toMatch(/^banyan_evidence_events_total\{.*criterion="latency"\} 0$/m);
});

it('adds up divergences of one state over their kinds', async () => {
  expect(await gateRegistry(metrics).metrics()).toContain(
    'banyan_divergences_open{context="inventory",table="inventory",state="DIVERGED"} 3',
  );
});
