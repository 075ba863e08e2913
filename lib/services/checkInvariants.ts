import { invariantTotal } from '../core/invariant/invariantTotal.ts';
import type {
  AppliedPosition,
  ContextDefinition,
  InvariantDefinition,
  TableMapping,
} from '../core/migration/definition.ts';
import { messageOf } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { InvariantReader } from '../ports/invariantReader.ts';
import type { InvariantFound, InvariantStore } from '../ports/invariantStore.ts';
import type { Logger } from '../ports/logger.ts';
import type { Pause } from '../ports/pause.ts';
import type { StatusBoard } from '../ports/statusBoard.ts';
import type { FlowWatch } from './flowWatch.ts';
import { invariantDigest } from './invariantDigest.ts';
import { type CutFlow, type CutPlan, readAtOneCut } from './readAtOneCut.ts';
import type { VerifiedTable } from './verifiedTable.ts';

export interface CheckInvariantsOptions {
  readonly contexts: readonly ContextDefinition[];
  /** The mapped tables as the verifier follows them. */
  readonly tables: readonly Pick<VerifiedTable, 'context' | 'mapping' | 'forward' | 'reverse'>[];
  readonly reader: InvariantReader;
  readonly store: InvariantStore;
  readonly clock: Clock;
  readonly pause: Pause;
  readonly logger: Logger;
  readonly status: StatusBoard;
  /** What another worker checked this long ago is left to it. */
  readonly everyMs: number;
  /** How long one check waits for capture. */
  readonly patienceMs?: number;
}

/** Checks every invariant of every context once; what can't be read is written down and holds up no other. */
export async function checkInvariants(options: CheckInvariantsOptions, signal: AbortSignal): Promise<void> {
  for (const context of options.contexts) {
    for (const invariant of context.invariants ?? []) {
      if (!signal.aborted) await check(options, context, invariant, signal);
    }
  }
}

async function check(
  options: CheckInvariantsOptions,
  context: ContextDefinition,
  invariant: InvariantDefinition,
  signal: AbortSignal,
): Promise<void> {
  const { store, clock, logger } = options;
  const target = { context: context.id, invariant: invariant.id, definition: invariantDigest(invariant) };
  if (await store.checkedSince(target, clock.nowMs() - options.everyMs / 2)) return;
  const found = await findCut(options, context, invariant, signal).catch((error: unknown): InvariantFound => {
    logger.warn({ invariant: invariant.id, err: messageOf(error) }, 'an invariant could not be read');
    return { state: 'failed', detail: messageOf(error) };
  });
  if (signal.aborted) return;
  await store.append(target, found, clock.nowMs());
  report(options, `invariant:${context.id}/${invariant.id}`, found);
}

async function findCut(
  options: CheckInvariantsOptions,
  context: ContextDefinition,
  invariant: InvariantDefinition,
  signal: AbortSignal,
): Promise<InvariantFound> {
  const { reader, clock, pause, patienceMs = 5_000 } = options;
  const plan = await planOf(options, context, invariant);
  const cut = await readAtOneCut({ reader, clock, pause, patienceMs }, plan, signal);
  if (cut.kind === 'pending') return { state: 'pending', detail: cut.reason };
  const next = new Map([...cut.values].map(([database, values]) => [database, values.values()]));
  const parts = invariant.parts.map(({ database, sign }) => ({
    database,
    sign,
    value: next.get(database)?.next().value ?? '',
  }));
  const sum = invariantTotal(parts);
  if ('total' in sum) return { state: 'settled', total: sum.total, parts };
  const { notANumber } = sum;
  return { state: 'failed', detail: `its part in database ${notANumber.database} gave ${notANumber.value}, no number` };
}

async function planOf(
  { tables }: CheckInvariantsOptions,
  context: ContextDefinition,
  { parts }: InvariantDefinition,
): Promise<CutPlan> {
  const databases = [...new Set(parts.map(({ database }) => database))];
  const flows: CutFlow[] = [];
  for (const { mapping, forward, reverse } of tables.filter((table) => table.context === context.id)) {
    const isRead = (database: string) =>
      parts.some((part) => part.database === database && part.tables.includes(mapping.id));
    for (const flow of flowsOf(mapping, forward, reverse)) {
      if (!databases.includes(flow.writer) || flow.writer === flow.follower || !isRead(flow.follower)) continue;
      // Nothing comes by a way back that was never opened.
      if (flow.watch === reverse && !(await reverse.isActive())) continue;
      flows.push(flow);
    }
  }
  const queries = databases.map(
    (database) => [database, parts.filter((part) => part.database === database).map(({ sql }) => sql)] as const,
  );
  return { parts: new Map(queries), flows };
}

function flowsOf(mapping: TableMapping, forward: FlowWatch, reverse: FlowWatch | null): readonly CutFlow[] {
  const { source, target } = mapping;
  const there = {
    watch: forward,
    writer: source.database,
    follower: target.database,
    appliedQuery: queryOf(mapping.applied),
  };
  if (reverse === null || mapping.reverse === undefined) return [there];
  const appliedQuery = queryOf(mapping.reverse.applied);
  return [there, { watch: reverse, writer: target.database, follower: source.database, appliedQuery }];
}

function queryOf(applied: AppliedPosition): string | null {
  return applied.kind === 'table' ? applied.query : null;
}

function report({ status }: CheckInvariantsOptions, part: string, found: InvariantFound): void {
  switch (found.state) {
    case 'settled':
      status.report({ part, state: 'ok', detail: `${found.total}, read at one cut` });
      return;
    case 'pending':
      status.report({ part, state: 'limited', detail: `waits for a cut: ${found.detail}` });
      return;
    case 'failed':
      status.report({ part, state: 'down', detail: found.detail });
      return;
    default:
      found satisfies never;
  }
}
