import type { Criterion, StageId } from './verdict.ts';

/** A criterion as the plan has it, before a context's overrides; its limits of evidence follow from kind and target. */
export type PlannedCriterion = Omit<Criterion, 'badShareLimit' | 'limitUs' | 'alpha' | 'minDurationSec'>;

const missingSignoff = 'no sign-off has been recorded: sign-offs are not available in this version';
const missingReport = (what: string) => `no ${what} has been posted: posted evidence is not available in this version`;
const missingJudgement = (what: string) => `${what} is not available in this version`;

const signoff = (id: string, title: string): PlannedCriterion => ({
  id,
  title,
  indicator: 'signoff',
  kind: 'attestation',
  op: 'eq',
  target: 2,
  unit: 'count',
  limitWords: 'signed off by 2 roles',
  missingInput: missingSignoff,
});

const report = (
  id: string,
  title: string,
  what: string,
  rest: Pick<PlannedCriterion, 'kind' | 'op' | 'target' | 'unit' | 'limitWords'>,
): PlannedCriterion => ({ id, title, indicator: 'evidence', ...rest, missingInput: missingReport(what) });

const noIncrease = (id: string, title: string, target: number, what: string): PlannedCriterion => ({
  id,
  title,
  indicator: 'comparison',
  kind: 'comparison',
  op: 'lt',
  target,
  unit: 'ratio',
  missingInput: missingJudgement(what),
});

const cdcLag: PlannedCriterion = {
  id: 'cdc_lag',
  title: 'CDC lag',
  indicator: 'cdc_lag',
  kind: 'quantile',
  op: 'lt',
  target: 1000,
  unit: 'ms',
  quantile: 0.99,
};

const divergences: PlannedCriterion = {
  id: 'divergences',
  title: 'Divergences',
  indicator: 'consistency',
  kind: 'count',
  op: 'eq',
  target: 0,
  unit: 'count',
  limitWords: '0 open divergences, every row compared',
};

/** The criteria of each stage of strangler-six, in the order in which they are shown. */
export const PLAN_CRITERIA: Readonly<Record<StageId, readonly PlannedCriterion[]>> = {
  preparation: [
    signoff('domain_model', 'Domain model signed off'),
    signoff('event_schemas', 'Event schemas signed off'),
  ],
  build_service: [
    report('coverage', 'Test coverage', 'coverage report', { kind: 'census', op: 'gt', target: 0.9, unit: 'ratio' }),
    report('tests', 'Tests', 'test report', {
      kind: 'census',
      op: 'eq',
      target: 0,
      unit: 'count',
      limitWords: 'all tests pass',
    }),
    report('quality', 'Code quality', 'SARIF report', {
      kind: 'census',
      op: 'eq',
      target: 0,
      unit: 'count',
      limitWords: 'no result of level error',
    }),
    report('deployable', 'Deployable', 'deployability report', {
      kind: 'attestation',
      op: 'eq',
      target: 1,
      unit: 'count',
      limitWords: 'shown to be deployable',
    }),
  ],
  sync_data: [
    cdcLag,
    {
      id: 'consistency',
      title: 'Consistency within 1 s',
      indicator: 'consistency',
      kind: 'proportion',
      op: 'gt',
      target: 0.99,
      unit: 'ratio',
    },
    divergences,
  ],
  route_reads: [
    {
      id: 'latency',
      title: 'Read latency',
      indicator: 'latency',
      kind: 'quantile',
      op: 'lt',
      target: 50,
      unit: 'ms',
      quantile: 0.99,
    },
    {
      id: 'error_rate',
      title: 'Error rate',
      indicator: 'error_rate',
      kind: 'proportion',
      op: 'lt',
      target: 0.0001,
      unit: 'ratio',
    },
    noIncrease('errors_vs_legacy', 'Errors against legacy', 1.25, 'comparison of errors with the legacy route'),
    noIncrease('latency_vs_legacy', 'Latency against legacy', 1.1, 'comparison of latency with the legacy route'),
    divergences,
  ],
  route_writes: [
    {
      id: 'saga_success',
      title: 'Saga success',
      indicator: 'saga_success',
      kind: 'proportion',
      op: 'gt',
      target: 0.9999,
      unit: 'ratio',
    },
    {
      id: 'transaction_time',
      title: 'Transaction time',
      indicator: 'transaction_time',
      kind: 'quantile',
      op: 'lt',
      target: 2000,
      unit: 'ms',
      quantile: 0.99,
    },
    {
      id: 'stock_invariant',
      title: 'Stock invariant',
      indicator: 'invariant',
      kind: 'count',
      op: 'eq',
      target: 0,
      unit: 'count',
      limitWords: '0 violations',
    },
    divergences,
    cdcLag,
  ],
  decommission: [
    {
      id: 'legacy_quiet',
      title: 'Legacy path quiet',
      indicator: 'absence',
      kind: 'count',
      op: 'eq',
      target: 0,
      unit: 'count',
      limitWords: '0 calls, reads and writes for 7 days',
      missingInput: missingJudgement('the watch for calls, reads and writes of the legacy path'),
    },
    report('code_size', 'Code size', 'code size report', {
      kind: 'trend',
      op: 'lt',
      target: 1,
      unit: 'ratio',
      limitWords: 'a proven reduction',
    }),
    report('resources', 'Resource use', 'resource report', {
      kind: 'trend',
      op: 'lt',
      target: 1,
      unit: 'ratio',
      limitWords: 'a proven reduction',
    }),
    noIncrease('errors_vs_before', 'Errors against before', 1.25, 'comparison of errors with the time before'),
  ],
};
