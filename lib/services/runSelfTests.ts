import { selfTestSentence, tallyCanaries } from '../core/consistency/selfTest.ts';
import type { Ids } from '../ports/clock.ts';
import type { SelfTestRound } from '../ports/selfTestStore.ts';
import type { PartReport, StatusBoard } from '../ports/statusBoard.ts';
import { canaryResults } from './canaryResults.ts';
import { SELF_TEST_LEASE_MS, type SelfTestDeps, selfTestRound } from './selfTestRound.ts';

export interface SelfTestsOptions extends SelfTestDeps {
  readonly ids: Ids;
  readonly status: StatusBoard;
}

/** Who asks for the rounds that begin by themselves. */
const SCHEDULE = 'schedule';

/**
 * Carries out the round of a context that is open, if there is one; before that it asks for one if it is due.
 * @throws BanyanError of the store, and while canaries can't be put back
 */
export async function runSelfTests(options: SelfTestsOptions, signal: AbortSignal): Promise<void> {
  const { store, table, owner, clock, status } = options;
  const [newest] = await store.rounds(table.context, 1);
  if (newest === undefined || newest.endedAtMs !== null) await askIfDue(options, newest);
  const round = await store.take(table.context, owner, clock.nowMs(), SELF_TEST_LEASE_MS);
  if (round === null) {
    status.report(reportOf(options, newest));
    return;
  }
  const part = `self-test:${table.context}`;
  status.report({ part, state: 'ok', detail: 'a round is under way' });
  await selfTestRound(options, round, signal);
}

/** A round by the clock needs a whole pass since the last: rounds must not keep every pass from being a clean one. */
async function askIfDue(
  { store, table, definition, clock, ids }: SelfTestsOptions,
  newest: SelfTestRound | undefined,
): Promise<void> {
  const { everyMs } = definition;
  if (everyMs === undefined) return;
  const nowMs = clock.nowMs();
  const endedMs = newest?.endedAtMs ?? 0;
  if (nowMs - endedMs < everyMs || !(await store.passedSince(table.context, table.table, endedMs))) return;
  await store.ask({
    id: ids.next(),
    context: table.context,
    table: table.table,
    askedBy: SCHEDULE,
    askedAtMs: nowMs,
  });
}

function reportOf({ table }: SelfTestsOptions, newest: SelfTestRound | undefined): PartReport {
  const part = `self-test:${table.context}`;
  if (newest === undefined) return { part, state: 'ok', detail: 'no round was made yet' };
  if (newest.endedAtMs === null) return { part, state: 'ok', detail: 'another worker carries out a round' };
  if (newest.failure !== null) {
    const fix = newest.fix === null ? {} : { fix: newest.fix };
    return { part, state: 'degraded', detail: `the newest round: ${newest.failure}`, ...fix };
  }
  const tally = tallyCanaries(canaryResults(newest), table.reverse !== null);
  const isRight = tally.missed === 0;
  return { part, state: isRight ? 'ok' : 'degraded', detail: selfTestSentence(tally, newest.others.length) };
}
