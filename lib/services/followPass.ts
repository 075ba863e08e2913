import { BanyanError } from '../errors.ts';
import type { Clock, Ids } from '../ports/clock.ts';
import type { PassReader, SeenRun } from '../ports/passReader.ts';
import type { Pause } from '../ports/pause.ts';
import type { VerifyTarget } from '../ports/verifyStore.ts';

/** A table's newest pass when a pass over it was asked for: what ended before says nothing of now. */
export interface AskedPass {
  readonly askedAtMs: number;
  readonly before: SeenRun | null;
}

export interface AskOptions extends Pick<FollowOptions, 'passes' | 'target' | 'clock'> {
  readonly ids: Ids;
  /** True to end a pass that runs already, or failed half-way, so that every row is compared after the call. */
  readonly fresh: boolean;
}

export interface FollowOptions {
  readonly passes: PassReader;
  readonly target: VerifyTarget;
  readonly asked: AskedPass;
  /** True if a verifier of this process does the work; else a worker's sign of life is looked for. */
  readonly own: boolean;
  readonly clock: Clock;
  readonly pause: Pause;
  readonly signal: AbortSignal;
  /** Told of each look at a pass that is under way. */
  readonly onProgress: (run: SeenRun) => void;
}

const LOOK_EVERY_MS = 250;
/** Workers report every ten seconds. */
export const WORKER_GONE_MS = 30_000;

/** Asks for a pass over one table: of all tables before any is followed, and before a verifier of this process begins. */
export async function askPass({ passes, target, fresh, clock, ids }: AskOptions): Promise<AskedPass> {
  const askedAtMs = clock.nowMs();
  const before = await passes.newestRun(target);
  if (fresh) await passes.cancelOpenRuns(target, 'a fresh pass was asked for', askedAtMs);
  if (before?.state !== 'running') await passes.askPass(target, ids.next(), askedAtMs);
  return { askedAtMs, before };
}

/**
 * Follows a pass over one table to its end: the one that runs, else the next.
 * @returns the pass, complete; null if it was told to stop
 * @throws BanyanError with why the pass failed, or `unavailable` if whoever verified has gone
 */
export async function followPass(options: FollowOptions): Promise<SeenRun | null> {
  const { passes, target, pause, signal, onProgress } = options;
  const { askedAtMs, before } = options.asked;
  while (!signal.aborted) {
    const run = await passes.newestRun(target);
    if (run !== null && run.state === 'running') onProgress(run);
    // A pass that ended before the call says nothing of now; one that ended since is the answer.
    const ended = run !== null && run.finishedAtMs !== null && (run.finishedAtMs >= askedAtMs || run.id !== before?.id);
    if (ended && run.state === 'complete') return run;
    if (ended && run.state === 'failed') {
      throw new BanyanError('unavailable', `${target.context}/${target.table}: ${run.detail ?? 'the pass failed'}`);
    }
    await assertSomebodyVerifies(options);
    await pause(LOOK_EVERY_MS, signal);
  }
  return null;
}

async function assertSomebodyVerifies({ passes, own, clock }: FollowOptions): Promise<void> {
  if (own) return;
  const seenAtMs = await passes.verifierSeenAtMs();
  if (seenAtMs !== null && clock.nowMs() - seenAtMs < WORKER_GONE_MS) return;
  throw new BanyanError('unavailable', 'the worker that verified gives no sign of life any more', {
    fix: 'start it again, or run the command again: without a worker it verifies by itself',
  });
}
