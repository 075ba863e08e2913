import { nextChunkRows } from '../core/consistency/chunkSize.ts';
import type { RowVerdict } from '../core/consistency/rowVerdict.ts';
import { BanyanError, messageOf } from '../errors.ts';
import type { KeyFinding, LeasedRange, RangeResult } from '../ports/verifyStore.ts';
import { freshPatience } from './lookAtKeys.ts';
import {
  COARSE_STEP_ROWS,
  compareChunk,
  type DirtyStep,
  differingKeysIn,
  nextChunk,
  nextStepRows,
} from './rangeDifferences.ts';
import { type SweepPass, tellProgress } from './sweepPass.ts';
import { verifyKeys } from './verifyKeys.ts';

const LOOK_AGAIN_MS = 500;
/** A lane that finds nothing to do waits so long for what another lane cuts off. */
const IDLE_LANE_MS = 100;

/**
 * Compares ranges until every one of the pass is done, by this worker or another.
 * @returns false if it was told to stop, or the pass was ended by another worker
 */
export async function sweepRanges(pass: SweepPass): Promise<boolean> {
  const { table, run, owner, signal } = pass;
  // Two lanes: one cuts and stores its chunk while the databases work on the other's. Each owns its leases.
  const lanes = [`${owner}/0`, `${owner}/1`];
  while (!signal.aborted) {
    const ends = await compareInLanes(pass, lanes);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    if (signal.aborted) return false;
    const { rangesDone, rangesTotal, state } = await table.store.counts(run.id);
    if (state === 'cancelled') return false;
    if (rangesDone >= rangesTotal) return true;
    // Another worker holds the rest; or held it, and its lease has to end first.
    await table.pause(LOOK_AGAIN_MS, signal);
  }
  return false;
}

/** Lets each lane compare until no range is left for it. A lane that fails ends the others. */
async function compareInLanes(
  pass: SweepPass,
  lanes: readonly string[],
): Promise<readonly PromiseSettledResult<void>[]> {
  const failed = new AbortController();
  const signal = AbortSignal.any([pass.signal, failed.signal]);
  const working = new Set(lanes);
  return Promise.allSettled(
    lanes.map((lane) =>
      compareRanges({ ...pass, signal }, lane, working).catch((error: unknown) => {
        failed.abort();
        throw error;
      }),
    ),
  );
}

/** Gives back what this worker's lanes hold. */
export async function releaseLanes({ table, run, owner }: SweepPass): Promise<void> {
  for (const lane of [`${owner}/0`, `${owner}/1`]) await table.store.releaseRanges(run.id, lane);
}

interface ChunkSize {
  readonly rows: number;
  readonly stepRows: number;
}

/** Compares until there is no range left, and none is `working` that could leave one. */
async function compareRanges(pass: SweepPass, lane: string, working: Set<string>): Promise<void> {
  const { store, clock, limits } = pass.table;
  let size: ChunkSize = { rows: limits.firstChunkRows, stepRows: COARSE_STEP_ROWS };
  while (!pass.signal.aborted) {
    await untilUnloaded(pass);
    const lease = await store.leaseRange(pass.run.id, lane, clock.nowMs(), limits.leaseMs);
    if (lease === null) {
      working.delete(lane);
      if (working.size === 0) return;
      await pass.table.pause(IDLE_LANE_MS, pass.signal);
      continue;
    }
    working.add(lane);
    const held = holdLease(pass, lease, lane);
    try {
      size = await compareRange(pass, lane, lease, size);
    } finally {
      held.stop();
    }
  }
}

/** Waits while others need the databases more. No range is held meanwhile. */
async function untilUnloaded(pass: SweepPass): Promise<void> {
  const { table, ports, signal } = pass;
  while (ports.load !== undefined && !signal.aborted) {
    const why = await ports.load.pausedBecause();
    if (why === null) return;
    await tellProgress(pass, { why, isLoad: true });
    await table.pause(LOOK_AGAIN_MS, signal);
  }
}

/** Keeps a lease alive while its range is worked on: a budget or a slow key may take longer than one lease. */
function holdLease({ table, run }: SweepPass, { seq }: LeasedRange, lane: string): { stop(): void } {
  const { store, clock, limits, pause, logger } = table;
  const stopped = new AbortController();
  const renew = async () => {
    for (;;) {
      await pause(limits.leaseMs / 3, stopped.signal);
      if (stopped.signal.aborted) return;
      // A lease that is lost shows when the range is finished: nothing is stored then.
      await store.renewLease(run.id, seq, lane, clock.nowMs(), limits.leaseMs).catch((error: unknown) => {
        logger.warn({ table: table.table, err: messageOf(error) }, 'a lease could not be renewed');
      });
    }
  };
  void renew();
  return { stop: () => stopped.abort() };
}

/** Compares the first rows of a leased range and gives the rest back; returns the size of the next chunk. */
async function compareRange(pass: SweepPass, lane: string, lease: LeasedRange, size: ChunkSize): Promise<ChunkSize> {
  const { rows, stepRows } = size;
  const { table, run, signal } = pass;
  const { store, reader, clock, limits } = table;
  const startedMs = clock.nowMs();
  try {
    const { steps, end } = await nextChunk(reader, lease.range, rows, stepRows);
    if (end !== null && !(await store.splitRange(run.id, lease.seq, lane, end))) return size;
    const compared = await compareChunk(reader, steps);
    const tookMs = clock.nowMs() - startedMs;
    const found = await findingsOf(pass, compared.dirty);
    if (signal.aborted) return size;
    const result = { rows: compared.rows, ...compared.digests, ...found };
    if (await store.finishRange(run, lease.seq, lane, result, clock.nowMs())) await tellProgress(pass);
    const { minChunkRows: minRows, maxChunkRows: maxRows, chunkAimMs: aimMs } = limits;
    return { rows: nextChunkRows(rows, tookMs, { minRows, maxRows, aimMs }), stepRows: nextStepRows(compared) };
  } catch (error) {
    // Too slow: the same range again, smaller.
    if (!(error instanceof BanyanError) || error.code !== 'overloaded' || rows <= limits.minChunkRows) throw error;
    table.logger.warn({ table: table.table, rows, err: error.message }, 'a chunk took too long and is made smaller');
    await store.releaseRanges(run.id, lane, lease.seq);
    return { rows: Math.max(limits.minChunkRows, Math.floor(rows / 4)), stepRows };
  }
}

/**
 * Judges the differing keys. Few of their findings are held at once, for the target may hold far more rows than the
 * source: all but the last are stored before the range is done. They hold without it; the counts wait for it, so that a
 * range that is begun again counts once.
 */
async function findingsOf(
  pass: SweepPass,
  dirty: readonly DirtyStep[],
): Promise<Pick<RangeResult, 'counts' | 'findings'>> {
  const { table, run, signal } = pass;
  const patience = freshPatience(table);
  const counts = new Map<RowVerdict, number>();
  let findings: readonly KeyFinding[] = [];
  for await (const keys of differingKeysIn(table.reader, dirty, table.limits.keysAtOnce)) {
    if (signal.aborted) break;
    if (findings.length > 0) await table.store.storeFindings(run, findings);
    findings = await verifyKeys(table, keys, patience, signal);
    for (const { verdict } of findings) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  }
  return { counts, findings };
}
