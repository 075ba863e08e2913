import { nextChunkRows } from '../core/consistency/chunkSize.ts';
import { BanyanError, messageOf } from '../errors.ts';
import type { KeyFinding, LeasedRange, RangeResult, RunCounts, VerifyRun } from '../ports/verifyStore.ts';
import { compareChunk, type DirtyStep, differingKeysIn, nextChunk } from './rangeDifferences.ts';
import type { VerifiedTable } from './verifiedTable.ts';
import { type Patience, verifyKeys } from './verifyKeys.ts';

/** How one pass ended. */
export type SweepOutcome =
  | { readonly state: 'complete'; readonly runId: string; readonly counts: RunCounts }
  | { readonly state: 'stopped'; readonly runId: string };

/**
 * One sweep over a table, or the rest of one that was interrupted: compares ranges of keys by digest, lists the rows of
 * those that differ, judges each differing key, then every key that is still open from before. Progress, counts and
 * findings of a range are stored in one transaction, so that an end at any point repeats or skips nothing.
 * @throws BanyanError of the databases; the pass is then `failed` with it, and the next call goes on
 */
export async function verifyTable(table: VerifiedTable, owner: string, signal: AbortSignal): Promise<SweepOutcome> {
  const { store, clock, ids } = table;
  const digest = mappingDigest(table);
  try {
    await table.reader.prepare();
  } catch (error) {
    await store.recordFailedRun(table, digest, ids.next(), explain(error), clock.nowMs());
    throw error;
  }
  const run = await store.openRun(table, digest, ids.next(), clock.nowMs());
  try {
    await table.forward.begin();
    if (table.reverse !== null && (await table.reverse.isActive())) await table.reverse.begin();
    const done = await sweep(table, run, owner, signal);
    if (!done) await store.releaseRanges(run.id, owner);
    return done
      ? { state: 'complete', runId: run.id, counts: await store.counts(run.id) }
      : { state: 'stopped', runId: run.id };
  } catch (error) {
    await store.failRun(run, owner, explain(error), clock.nowMs()).catch((later: unknown) => {
      table.logger.warn({ err: messageOf(later) }, 'a failed pass could not be written down');
    });
    throw error;
  }
}

/** What a stored digest of the mapping is made of: another table, key or column begins a new pass. */
function mappingDigest(table: VerifiedTable): string {
  const { source, target, columns } = table.mapping;
  return JSON.stringify({ source, target, columns });
}

/** Ranges until none is left, then the open keys. False if it was told to stop. */
async function sweep(table: VerifiedTable, run: VerifyRun, owner: string, signal: AbortSignal): Promise<boolean> {
  const { store, clock, limits, pause } = table;
  const patience: Patience = { captureMs: limits.patienceMs, applyMs: limits.patienceMs };
  while (!signal.aborted) {
    // Two lanes: one cuts and stores its chunk while the databases work on the other's.
    const lanes = await Promise.allSettled([0, 1].map(() => compareRanges(table, run, owner, patience, signal)));
    for (const lane of lanes) if (lane.status === 'rejected') throw lane.reason;
    if (signal.aborted) return false;
    const { rangesDone, rangesTotal } = await store.counts(run.id);
    if (rangesDone < rangesTotal) {
      // Another worker holds the rest; or held it, and its lease has to end first.
      await pause(500, signal);
      continue;
    }
    await recheckOpen(table, run, patience, signal);
    if (signal.aborted) return false;
    await store.finishRun(run, clock.nowMs());
    return true;
  }
  return false;
}

async function compareRanges(
  table: VerifiedTable,
  run: VerifyRun,
  owner: string,
  patience: Patience,
  signal: AbortSignal,
): Promise<void> {
  const { store, clock, limits } = table;
  let rows = limits.firstChunkRows;
  while (!signal.aborted) {
    const lease = await store.leaseRange(run.id, owner, clock.nowMs(), limits.leaseMs);
    if (lease === null) return;
    rows = await compareRange(table, run, owner, lease, rows, patience, signal);
  }
}

/** Compares the first rows of a leased range and gives the rest back; returns the size of the next chunk. */
async function compareRange(
  table: VerifiedTable,
  run: VerifyRun,
  owner: string,
  lease: LeasedRange,
  rows: number,
  patience: Patience,
  signal: AbortSignal,
): Promise<number> {
  const { store, reader, clock, limits } = table;
  const startedMs = clock.nowMs();
  let chunk: RangeResult & { readonly tookMs: number };
  try {
    const { steps, end } = await nextChunk(reader, lease.range, rows);
    if (end !== null) await store.splitRange(run.id, lease.seq, end);
    const compared = await compareChunk(reader, steps);
    const tookMs = clock.nowMs() - startedMs;
    const hold = () => store.renewLease(run.id, lease.seq, owner, clock.nowMs(), limits.leaseMs);
    const findings = await findingsOf(table, compared.dirty, hold, patience, signal);
    chunk = { rows: compared.rows, findings, tookMs };
  } catch (error) {
    // Too slow: the same range again, smaller.
    if (!(error instanceof BanyanError) || error.code !== 'overloaded' || rows <= limits.minChunkRows) throw error;
    table.logger.warn({ table: table.table, rows, err: error.message }, 'a chunk took too long and is made smaller');
    await store.releaseRanges(run.id, owner, lease.seq);
    return Math.max(limits.minChunkRows, Math.floor(rows / 4));
  }
  if (signal.aborted) return rows;
  await store.finishRange(run, lease.seq, owner, chunk, clock.nowMs());
  return nextChunkRows(rows, chunk.tookMs, {
    ...limits,
    minRows: limits.minChunkRows,
    maxRows: limits.maxChunkRows,
    aimMs: limits.chunkAimMs,
  });
}

async function findingsOf(
  table: VerifiedTable,
  dirty: readonly DirtyStep[],
  hold: () => Promise<boolean>,
  patience: Patience,
  signal: AbortSignal,
): Promise<readonly KeyFinding[]> {
  const findings: KeyFinding[] = [];
  for await (const keys of differingKeysIn(table.reader, dirty, table.limits.keysAtOnce)) {
    if (signal.aborted) break;
    await hold();
    findings.push(...(await verifyKeys(table, keys, patience, signal)));
  }
  return findings;
}

/** Judges every key that is not CLEAN by now, whatever the digests said. */
async function recheckOpen(
  table: VerifiedTable,
  run: VerifyRun,
  patience: Patience,
  signal: AbortSignal,
): Promise<void> {
  const { store, limits, clock } = table;
  let after: string | null = null;
  while (!signal.aborted) {
    const keys = await store.openKeys(table, after, limits.keysAtOnce);
    const last = keys.at(-1);
    if (last === undefined) return;
    const findings = await verifyKeys(table, keys, patience, signal);
    if (signal.aborted) return;
    await store.storeFindings(run, findings, clock.nowMs());
    after = last;
  }
}

function explain(error: unknown): string {
  const fix = error instanceof BanyanError && error.fix !== undefined ? `; ${error.fix}` : '';
  return `${messageOf(error)}${fix}`;
}
