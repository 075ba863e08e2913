import { Gauge, Registry } from 'prom-client';
import { type CriterionVerdict, VERDICT_WORDS } from '#lib/core/verdict/verdict.ts';
import type { GateMetrics } from '#lib/services/read/readGateMetrics.ts';

const CRITERION = ['context', 'stage', 'criterion'] as const;

/** The series of one scrape; what is unknown has no sample. */
export function gateRegistry({ stages, divergences, dropped }: GateMetrics): Registry {
  const registry = new Registry();
  const gauge = <T extends string>(name: string, help: string, labelNames: readonly T[]) =>
    new Gauge<T>({ name, help, labelNames, registers: [registry] });

  const verdict = gauge('banyan_gate_verdict', 'State set of the verdict of a stage: 1 for the state it has.', [
    'context',
    'stage',
    'verdict',
  ]);
  const perCriterion: readonly (readonly [
    Gauge<(typeof CRITERION)[number]>,
    (one: CriterionVerdict) => number | null,
  ])[] = [
    [gauge('banyan_evidence_events_total', 'Observations since the attempt began.', CRITERION), (one) => one.n],
    [
      gauge('banyan_evidence_failures_total', 'Bad observations since the attempt began.', CRITERION),
      (one) => one.failures,
    ],
    [gauge('banyan_e_value', 'Evidence for a pass; it passes at the threshold.', CRITERION), (one) => one.eValue],
    [gauge('banyan_e_threshold', 'Evidence at which the criterion passes.', CRITERION), (one) => one.eThreshold],
    [
      gauge('banyan_remaining_events', 'Observations without a bad one still needed.', CRITERION),
      (one) => one.remaining?.events ?? null,
    ],
    [
      gauge('banyan_evidence_last_timestamp_seconds', 'Time of the newest evidence.', CRITERION),
      (one) => (one.lastEvidenceAt === null ? null : Date.parse(one.lastEvidenceAt) / 1000),
    ],
  ];
  for (const { verdict: stage } of stages) {
    const of = { context: stage.context, stage: stage.stage };
    for (const word of VERDICT_WORDS) verdict.set({ ...of, verdict: word }, stage.verdict === word ? 1 : 0);
    for (const criterion of stage.criteria) {
      for (const [series, read] of perCriterion) {
        const value = read(criterion);
        if (value !== null) series.set({ ...of, criterion: criterion.id }, value);
      }
    }
  }
  const open = gauge('banyan_divergences_open', 'Keys that are not clean, by state.', ['context', 'table', 'state']);
  for (const { context, table, state, count } of divergences) open.inc({ context, table, state }, count);
  gauge('banyan_metrics_dropped', 'Stages left out of this scrape because there are too many.', []).set(dropped);
  return registry;
}
