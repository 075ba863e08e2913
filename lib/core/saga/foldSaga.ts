// The state of a saga instance is a fold of its events: any order of arrival and any repeat gives the same state.
// An instance is judged once, at its deadline, by what had happened by then; what comes later is late.
import type { SagaDefinition } from '../migration/definition.ts';

export interface SagaFact {
  readonly messageId: string;
  readonly causationId: string | null;
  readonly eventType: string;
  /** When it happened; microseconds since 1970. */
  readonly atUs: number;
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

export type SagaOutcome = 'completed' | 'compensated' | 'failed' | 'stuck' | 'compensation_failed';

/** A compensation that a cancelled or failed saga owes for a step that had been done. */
export interface OwedCompensation {
  readonly step: string;
  readonly compensation: string;
}

export interface SagaState {
  readonly startedUs: number;
  readonly deadlineUs: number;
  readonly outcome: SagaOutcome;
  /** True unless the outcome counts against the saga's success. */
  readonly good: boolean;
  readonly owed: readonly OwedCompensation[];
  readonly lastEvent: string;
  /** From the first event to the one that ended it; null where it did not end by the deadline. */
  readonly durationUs: number | null;
  /** One sentence: why this outcome. */
  readonly reason: string;
}

/** Folds the events of one instance; null for none. `atDeadline` is what counts: later events are left out. */
export function foldSaga(saga: SagaDefinition, facts: readonly SagaFact[]): SagaState | null {
  const all = inOrder(distinct(facts));
  const first = all.reduce<SagaFact | null>((min, fact) => (min === null || fact.atUs < min.atUs ? fact : min), null);
  if (first === null) return null;
  const startedUs = first.atUs;
  const deadlineUs = startedUs + saga.deadlineMs * 1000;
  const inTime = all.filter(({ atUs }) => atUs <= deadlineUs);
  const happened = new Set(inTime.map(({ eventType }) => eventType));
  const last = inTime.at(-1) ?? first;
  const owed = owedCompensations(saga, happened);
  const judged = judge(saga, happened, owed, all, { startedUs, deadlineUs, last });
  const good = judged.outcome === 'completed' || (judged.outcome === 'compensated' && !saga.compensatedIsFailure);
  const end = endOf(saga, inTime, judged.outcome);
  const durationUs = end === null ? null : end.atUs - startedUs;
  return {
    startedUs,
    deadlineUs,
    ...judged,
    good,
    owed: judged.outcome === 'completed' ? [] : owed,
    lastEvent: last.eventType,
    durationUs,
  };
}

/** One fact a message, whichever copy came: the smallest by time and position. */
function distinct(facts: readonly SagaFact[]): SagaFact[] {
  const byId = new Map<string, SagaFact>();
  for (const fact of facts) {
    const known = byId.get(fact.messageId);
    if (known === undefined || byTimeThenPosition(fact, known) < 0) byId.set(fact.messageId, fact);
  }
  return [...byId.values()];
}

function byTimeThenPosition(a: SagaFact, b: SagaFact): number {
  if (a.atUs !== b.atUs) return a.atUs - b.atUs;
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1;
  if (a.partition !== b.partition) return a.partition - b.partition;
  if (a.offset !== b.offset) return a.offset < b.offset ? -1 : 1;
  return a.messageId < b.messageId ? -1 : a.messageId > b.messageId ? 1 : 0;
}

/** Causes before effects; among what neither causes the other, by time and position. */
export function inOrder(facts: readonly SagaFact[]): SagaFact[] {
  const sorted = [...facts].sort(byTimeThenPosition);
  const byId = new Map(sorted.map((fact) => [fact.messageId, fact]));
  const placed = new Set<string>();
  const ordered: SagaFact[] = [];
  for (const fact of sorted) {
    const chain: SagaFact[] = [];
    for (let at: SagaFact | undefined = fact; at !== undefined && !placed.has(at.messageId); ) {
      placed.add(at.messageId);
      chain.push(at);
      at = at.causationId === null ? undefined : byId.get(at.causationId);
    }
    ordered.push(...chain.reverse());
  }
  return ordered;
}

function owedCompensations(saga: SagaDefinition, happened: ReadonlySet<string>): OwedCompensation[] {
  return saga.steps.flatMap(({ event, compensation }) =>
    compensation !== undefined && happened.has(event) && !happened.has(compensation)
      ? [{ step: event, compensation }]
      : [],
  );
}

interface Frame {
  readonly startedUs: number;
  readonly deadlineUs: number;
  readonly last: SagaFact;
}

function judge(
  saga: SagaDefinition,
  happened: ReadonlySet<string>,
  owed: readonly OwedCompensation[],
  all: readonly SagaFact[],
  frame: Frame,
): { outcome: SagaOutcome; reason: string } {
  const failed = saga.failedBy.find((event) => happened.has(event));
  const completed = saga.completedBy.find((event) => happened.has(event));
  const compensated = saga.compensatedBy.find((event) => happened.has(event));
  const owes = owed.map(({ step, compensation }) => `${compensation} for ${step}`).join(', ');
  if (failed !== undefined) {
    return owed.length > 0
      ? { outcome: 'compensation_failed', reason: `${failed}: still owed ${owes}` }
      : { outcome: 'failed', reason: `${failed} ended it` };
  }
  if (completed !== undefined && compensated !== undefined) {
    return { outcome: 'failed', reason: `both ${completed} and ${compensated} happened` };
  }
  if (completed !== undefined) return { outcome: 'completed', reason: `${completed} completed it` };
  if (compensated !== undefined) {
    return owed.length > 0
      ? { outcome: 'compensation_failed', reason: `${compensated} ended it, but by the deadline it still owed ${owes}` }
      : { outcome: 'compensated', reason: `${compensated} ended it, everything undone` };
  }
  return { outcome: 'stuck', reason: stuckReason(saga, all, frame) };
}

function stuckReason(saga: SagaDefinition, all: readonly SagaFact[], frame: Frame): string {
  const ends = new Set([...saga.completedBy, ...saga.compensatedBy, ...saga.failedBy]);
  const late = all.find(({ eventType, atUs }) => atUs > frame.deadlineUs && ends.has(eventType));
  const limit = `${saga.deadlineMs / 1000} s`;
  if (late !== undefined) {
    const lateSec = ((late.atUs - frame.deadlineUs) / 1e6).toFixed(1);
    return `${late.eventType} came ${lateSec} s after the deadline of ${limit}`;
  }
  return `stuck after ${frame.last.eventType}: no ${[...ends].join(' or ')} within ${limit}`;
}

function endOf(saga: SagaDefinition, inTime: readonly SagaFact[], outcome: SagaOutcome): SagaFact | null {
  if (outcome === 'stuck') return null;
  const ends = new Set([...saga.completedBy, ...saga.compensatedBy, ...saga.failedBy]);
  const compensations = new Set(saga.steps.flatMap(({ compensation }) => compensation ?? []));
  const counts = (type: string) => ends.has(type) || (outcome !== 'completed' && compensations.has(type));
  return inTime.reduce<SagaFact | null>(
    (latest, fact) => (counts(fact.eventType) && (latest === null || fact.atUs > latest.atUs) ? fact : latest),
    null,
  );
}
