import { nextChunkRows } from '../core/consistency/chunkSize.ts';
import { BanyanError, messageOf } from '../errors.ts';
import type { KeyFinding, LeasedRange } from '../ports/verifyStore.ts';
import { freshPatience } from './lookAtKeys.ts';
import { compareChunk, type DirtyStep, differingKeysIn, nextChunk } from './rangeDifferences.ts';
import { type SweepPass, tellProgress } from './sweepPass.ts';
import { verifyKeys } from './verifyKeys.ts';

const LOOK_AGAIN_MS = 500;

/**
 * Compares ranges until every one of the pass is done, by this worker or another.
 * @returns false if it was told to stop, or the pass was ended by another worker
 */
export async function sweepRanges(pass: SweepPass): Promise<boolean> {
  const { table, run, owner, signal } = pass;
  // Two lanes: one cuts and stores its chunk while the databases work on the other's. Each owns its leases.
  const lanes = [`${owner}/0`, `${owner}/1`];
  while (!signal.aborted) {
    const ends = await Promise.allSettled(lanes.map((lane) => compareRanges(pass, lane)));
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

/** Gives back what this worker's lanes hold. */
export async function releaseLanes({ table, run, owner }: SweepPass): Promise<void> {
  for (const lane of [`${owner}/0`, `${owner}/1`]) await table.store.releaseRanges(run.id, lane);
}

async function compareRanges(pass: SweepPass, lane: string): Promise<void> {
  const { store, clock, limits } = pass.table;
  let rows = limits.firstChunkRows;
  while (!pass.signal.aborted) {
    await untilUnloaded(pass);
    const lease = await store.leaseRange(pass.run.id, lane, clock.nowMs(), limits.leaseMs);
    if (lease === null) return;
    const held = holdLease(pass, lease, lane);
    try {
      rows = await compareRange(pass, lane, lease, rows);
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
    await tellProgress(pass, why);
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
async function compareRange(pass: SweepPass, lane: string, lease: LeasedRange, rows: number): Promise<number> {
  const { table, run, signal } = pass;
  const { store, reader, clock, limits } = table;
  const startedMs = clock.nowMs();
  try {
    const { steps, end } = await nextChunk(reader, lease.range, rows);
    if (end !== null && !(await store.splitRange(run.id, lease.seq, lane, end))) return rows;
    const compared = await compareChunk(reader, steps);
    const tookMs = clock.nowMs() - startedMs;
    const findings = await findingsOf(pass, compared.dirty);
    if (signal.aborted) return rows;
    const result = { rows: compared.rows, ...compared.digests, findings };
    if (await store.finishRange(run, lease.seq, lane, result, clock.nowMs())) await tellProgress(pass);
    return nextChunkRows(rows, tookMs, {
      minRows: limits.minChunkRows,
      maxRows: limits.maxChunkRows,
      aimMs: limits.chunkAimMs,
    });
  } catch (error) {
    // Too slow: the same range again, smaller.
    if (!(error instanceof BanyanError) || error.code !== 'overloaded' || rows <= limits.minChunkRows) throw error;
    table.logger.warn({ table: table.table, rows, err: error.message }, 'a chunk took too long and is made smaller');
    await store.releaseRanges(run.id, lane, lease.seq);
    return Math.max(limits.minChunkRows, Math.floor(rows / 4));
  }
}

async function findingsOf(pass: SweepPass, dirty: readonly DirtyStep[]): Promise<readonly KeyFinding[]> {
  const { table, signal } = pass;
  const patience = freshPatience(table);
  const findings: KeyFinding[] = [];
  for await (const keys of differingKeysIn(table.reader, dirty, table.limits.keysAtOnce)) {
    if (signal.aborted) break;
    findings.push(...(await verifyKeys(table, keys, patience, signal)));
  }
  return findings;
}
