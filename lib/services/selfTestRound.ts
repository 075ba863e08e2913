// One round of the self-test: rows of the target are made wrong, the verifier is watched as it runs anyway, and the rows
// are put back. They are in the store before they are touched, so that whoever goes on after a crash can restore them.
import { BanyanError, messageOf } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { CommandStore } from '../ports/commandStore.ts';
import type { Pause } from '../ports/pause.ts';
import type { KeptCanary, SelfTestRound } from '../ports/selfTestStore.ts';
import { freshPatience } from './lookAtKeys.ts';
import { columnsOf, type SelfTestPlanning, selfTestPlan } from './selfTestPlan.ts';
import { verifyKeys } from './verifyKeys.ts';

export interface SelfTestDeps extends SelfTestPlanning {
  /** Unique for this process: it owns the lease. */
  readonly owner: string;
  readonly clock: Clock;
  readonly pause: Pause;
  readonly findings: Pick<CommandStore, 'storeFindings'>;
}

export const SELF_TEST_LEASE_MS = 10_000;
/** How exact the time to detection is. */
const LOOK_EVERY_MS = 100;
const OTHERS_NAMED = 20;
const RECHECK_EVERY_MS = 5_000;

interface Shortfall {
  readonly failure: string | null;
  readonly fix: string | null;
}

const MEASURED: Shortfall = { failure: null, fix: null };
const INTERRUPTED: Shortfall = {
  failure: 'the round was interrupted; its rows were put back afterwards',
  fix: 'ask for another round',
};

/**
 * Carries out a round that this process holds, or what is left of one that another process began.
 * @throws BanyanError if the rows can't be put back now: the round stays open, and the next call tries again
 */
export async function selfTestRound(deps: SelfTestDeps, round: SelfTestRound, signal: AbortSignal): Promise<void> {
  const { store, clock } = deps;
  const shortfall = round.canaries.length > 0 ? INTERRUPTED : await measure(deps, round, signal);
  await restore(deps, round);
  const left = await untilCleared(deps, round, signal);
  // What is read now may be told later: only a round that is open marks it for sure.
  if (signal.aborted) return store.release(round.id);
  await store.end(round.id, { atMs: clock.nowMs(), ...(left ?? shortfall) });
}

async function measure(deps: SelfTestDeps, round: SelfTestRound, signal: AbortSignal): Promise<Shortfall> {
  try {
    const { planted, corruptedAtMs } = await plant(deps, round);
    await untilNamed(deps, round, { planted, corruptedAtMs }, signal);
    await deps.store.noteOthers(round.id, await deps.store.othersSince(round, corruptedAtMs, OTHERS_NAMED));
    return MEASURED;
  } catch (error) {
    if (error instanceof BanyanError && error.code === 'fenced') throw error;
    return { failure: messageOf(error), fix: error instanceof BanyanError ? (error.fix ?? null) : null };
  }
}

async function plant(
  deps: SelfTestDeps,
  round: SelfTestRound,
): Promise<{ readonly planted: number; readonly corruptedAtMs: number }> {
  const { table, rows, store, clock } = deps;
  const plan = await selfTestPlan(deps, round);
  let corruptedAtMs = clock.nowMs();
  await rows.plant(plan, async (planted) => {
    const byKey = new Map(planted.map((row) => [row.key, row]));
    await store.keep(
      round.id,
      plan.flatMap((canary): KeptCanary[] => {
        const row = byKey.get(canary.key);
        return row === undefined ? [] : [{ ...row, change: canary.change, columns: columnsOf(table.mapping, canary) }];
      }),
    );
    // Before the commit, so that no detection is called faster than it was.
    corruptedAtMs = clock.nowMs();
    await store.corrupted(round.id, corruptedAtMs);
  });
  return { planted: plan.length, corruptedAtMs };
}

/** Takes down when the verifier names each canary, until all are, or the time is up. */
async function untilNamed(
  deps: SelfTestDeps,
  round: SelfTestRound,
  { planted, corruptedAtMs }: { readonly planted: number; readonly corruptedAtMs: number },
  signal: AbortSignal,
): Promise<void> {
  const { store, clock, pause, definition } = deps;
  const found = new Set<string>();
  const lease = leaseOf(deps, round);
  while (!signal.aborted) {
    const fresh = (await store.named(round.id)).filter(({ key }) => !found.has(key));
    const nowMs = clock.nowMs();
    if (fresh.length > 0) await store.found(round.id, fresh, nowMs);
    for (const { key } of fresh) found.add(key);
    if (found.size === planted || nowMs - corruptedAtMs >= definition.patienceMs) return;
    await lease.hold();
    await pause(LOOK_EVERY_MS, signal);
  }
}

async function restore({ rows, store, clock }: SelfTestDeps, { id }: SelfTestRound): Promise<void> {
  const planted = await store.toRestore(id);
  if (planted.length > 0) await store.restored(id, await rows.restore(planted), clock.nowMs());
}

/**
 * Has the verifier look again at what it named, until it names no canary any more; else says what is left. By itself it
 * would look in its next pass: until then no pass or certificate is a clean one.
 */
async function untilCleared(deps: SelfTestDeps, round: SelfTestRound, signal: AbortSignal): Promise<Shortfall | null> {
  const { store, clock, pause, definition, table, findings } = deps;
  const lease = leaseOf(deps, round);
  const sinceMs = clock.nowMs();
  let lookedMs = 0;
  const [kept] = (await store.rounds(round.context, 1)).filter(({ id }) => id === round.id);
  const changed = (kept?.canaries ?? []).filter(({ outcome }) => outcome === 'changed').map(({ key }) => key);
  if (changed.length > 0) {
    return {
      failure: `canaries were written by somebody else and could not be put back: ${changed.join(', ')}`,
      fix: 'mend them as any divergence, and name rows that nothing else writes',
    };
  }
  while (!signal.aborted) {
    const open = await store.named(round.id);
    if (open.length === 0) return null;
    if (clock.nowMs() - sinceMs >= definition.patienceMs) {
      const keys = open.map(({ key }) => key).join(', ');
      return { failure: `the rows were put back, and the verifier still names ${keys}`, fix: 'see to the worker' };
    }
    if (clock.nowMs() - lookedMs >= RECHECK_EVERY_MS) {
      lookedMs = clock.nowMs();
      const keys = open.map(({ key }) => key);
      const judged = await verifyKeys(table, keys, freshPatience(table), signal);
      if (!signal.aborted) await findings.storeFindings(table, round.id, judged);
    }
    await lease.hold();
    await pause(LOOK_EVERY_MS, signal);
  }
  return null;
}

/** Holds the lease longer in good time. */
function leaseOf({ store, owner, clock }: SelfTestDeps, round: SelfTestRound): { hold(): Promise<void> } {
  let heldMs = clock.nowMs();
  return {
    async hold() {
      const nowMs = clock.nowMs();
      if (nowMs - heldMs < SELF_TEST_LEASE_MS / 3) return;
      const held = await store.take(round.context, owner, nowMs, SELF_TEST_LEASE_MS);
      if (held?.id !== round.id) throw new BanyanError('fenced', `another worker goes on with round ${round.id}`);
      heldMs = nowMs;
    },
  };
}
