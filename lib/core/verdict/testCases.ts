// Builders for the tests of this folder: one context, its criteria, and evidence in a line.
import type { ContextDefinition } from '../migration/definition.ts';
import type { CriterionInput } from './criterionInput.ts';
import type { ComparedTable, ComparisonEvidence, CountedEvidence, CountedMinute } from './evidence.ts';
import { stagePlanOf } from './plan.ts';
import type { Criterion, StageId, VerdictWord } from './verdict.ts';

export const STARTED_MS = Date.UTC(2026, 10, 21, 9, 14, 0);
export const NOW_MS = STARTED_MS + 30 * 60_000 + 30_000;

export const CONTEXT: ContextDefinition = {
  id: 'inventory',
  name: 'Inventory',
  plan: 'strangler-six',
  services: { legacy: 'monolith', target: 'inventory-service', facade: 'facade' },
  routes: [
    { id: 'get-inventory', kind: 'read', method: 'GET', template: '/api/inventory/{itemId}' },
    { id: 'adjust', kind: 'write', method: 'POST', template: '/api/inventory/adjust' },
  ],
  tables: [
    {
      id: 'inventory',
      source: { database: 'monolith', schema: 'public', table: 'inventory', key: ['item_id'] },
      target: { database: 'inventory', schema: 'public', table: 'stock_level', key: ['item_id'] },
      columns: [{ from: 'quantity', to: 'quantity', compare: 'exact' }],
      topic: 'monolith.public.inventory',
      applied: { kind: 'group', groupId: 'inventory-service' },
    },
  ],
  sagas: [
    {
      id: 'place-order',
      topics: ['shop.orders'],
      correlate: { kind: 'key' },
      typeHeader: 'type',
      steps: [],
      deadlineMs: 10_000,
      completedBy: ['OrderConfirmed'],
      compensatedBy: ['OrderCancelled'],
      failedBy: [],
      compensatedIsFailure: false,
    },
  ],
  telemetry: { sampling: 'none' },
  criteria: {},
  waivers: [],
  relaxed: false,
};

/** A criterion of the plan with no minimum duration. */
export function criterion(stage: StageId, id: string, minDurationSec = 0): Criterion {
  const context = { ...CONTEXT, criteria: { [stage]: { [id]: { minDurationSec } } } };
  const found = stagePlanOf(context, stage).criteria.find((c) => c.id === id);
  if (found === undefined) throw new Error(`no criterion ${stage}/${id}`);
  return found;
}

/** [n, bad] of each minute from the start of the epoch on. */
export function counted(
  minutes: readonly (readonly [number, number])[],
  rest: Partial<CountedEvidence> = {},
): CountedEvidence {
  const list: CountedMinute[] = minutes.map(([n, bad], i) => ({ minuteMs: STARTED_MS + i * 60_000, n, bad }));
  const n = list.reduce((sum, minute) => sum + minute.n, 0);
  return {
    kind: 'counted',
    n,
    bad: list.reduce((sum, minute) => sum + minute.bad, 0),
    unknown: 0,
    pending: 0,
    minutes: list.filter((minute) => minute.n > 0),
    observed: null,
    lastEvidenceMs: n === 0 ? null : NOW_MS - 5000,
    wanting: null,
    source: { state: 'reachable' },
    ...rest,
  };
}

/** 31 minutes (the last one open) of the same counts. */
export function steady(perMinute: number, bad = 0): (readonly [number, number])[] {
  return Array.from({ length: 31 }, () => [perMinute, bad] as const);
}

/** One table compared in one complete clean pass. */
export function compared(
  table: Partial<ComparedTable> = {},
  rest: Partial<ComparisonEvidence> = {},
): ComparisonEvidence {
  const clean: ComparedTable = {
    table: 'inventory',
    pass: {
      startedMs: NOW_MS - 20_000,
      finishedMs: NOW_MS - 15_000,
      rowsCompared: 13_000,
      rangesTotal: 4,
      rangesDone: 4,
      notClean: 0,
      notCleanBecause: null,
    },
    lastResolvedMs: null,
    diverged: 0,
    stalled: 0,
    conflict: 0,
    unknown: 0,
    pending: 2,
    pendingLong: 0,
  };
  return { kind: 'comparison', tables: [{ ...clean, ...table }], source: { state: 'reachable' }, ...rest };
}

/** The input of a first attempt of the criterion, alone in its stage. */
export function inputOf(
  of: Criterion,
  evidence: CriterionInput['evidence'],
  rest: Partial<CriterionInput> = {},
): CriterionInput {
  return {
    criterion: of,
    evidence,
    attempt: 1,
    startedAtMs: STARTED_MS,
    nowMs: NOW_MS,
    criteriaCount: 5,
    failure: null,
    waiver: null,
    ...rest,
  };
}

/** A row of a table of cases: this input gives this word, in these words. */
export interface JudgementCase {
  readonly name: string;
  readonly input: CriterionInput;
  readonly word: VerdictWord;
  readonly reason: RegExp;
}
