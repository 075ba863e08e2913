import { whyPassEnds } from '../core/consistency/whyPassEnds.ts';
import { BanyanError, messageOf } from '../errors.ts';
import type { Caution } from '../ports/rowReader.ts';
import type { RunCounts, RunStart } from '../ports/verifyStore.ts';
import { readOffsets, untilFollowed } from './changedKeys.ts';
import { mappingDigest } from './mappingDigest.ts';
import { settlePass } from './settlePass.ts';
import type { SweepPass, SweepPorts } from './sweepPass.ts';
import { releaseLanes, sweepRanges } from './sweepRanges.ts';
import type { VerifiedTable } from './verifiedTable.ts';

/** How one pass ended: `stopped` if it was told to, or if what it had compared holds no more (`why`). */
export type SweepOutcome =
  | {
      readonly state: 'complete';
      readonly runId: string;
      readonly counts: RunCounts;
      /** What made the pass dearer than it need be. */
      readonly cautions: readonly Caution[];
    }
  | { readonly state: 'stopped'; readonly runId: string; readonly why: string | null };

/**
 * One pass over a table, or the rest of one that was interrupted: compares ranges of keys by digest, lists the rows of
 * those that differ, judges each differing key, then every key that changed meanwhile or is still open. Progress, counts
 * and findings of a range are stored in one transaction, so that an end at any point repeats or skips nothing; several
 * workers may be at one pass.
 * @throws BanyanError of the databases; the pass is then `failed` with it, and the next call goes on
 */
export async function verifyTable(
  table: VerifiedTable,
  owner: string,
  signal: AbortSignal,
  ports: SweepPorts = {},
): Promise<SweepOutcome> {
  const { store, clock } = table;
  const { start, cautions } = await begin(table, ports, signal);
  const followedFrom = (await ports.settled?.settled(table)) ?? null;
  const run = await store.openRun(table, start, clock.nowMs());
  // What was skipped before this process joined is not known to it.
  const pass = { table, run, ports, owner, cautions, followedFrom: run.resumed ? null : followedFrom, signal };
  try {
    await table.forward.begin();
    if (table.reverse !== null && (await table.reverse.isActive())) await table.reverse.begin();
    return await runThrough(pass, start);
  } catch (error) {
    await giveUp(pass, error);
    throw error;
  }
}

/** Checks both sides and takes down what the pass compares; a pass that can't begin is kept as a failed one. */
async function begin(
  table: VerifiedTable,
  ports: SweepPorts,
  signal: AbortSignal,
): Promise<{ readonly start: RunStart; readonly cautions: readonly Caution[] }> {
  const { reader, store, clock, ids } = table;
  const digest = mappingDigest(table.mapping);
  try {
    const cautions = await reader.prepare();
    const fault = (await ports.capture?.fault()) ?? null;
    if (fault !== null) {
      // Rows that changed unseen since they were compared must be compared again.
      await store.cancelOpenRuns(table, fault.reason, clock.nowMs());
      throw new BanyanError('bad_config', fault.reason, { fix: fault.fix });
    }
    await untilFollowed(table, signal);
    const start = {
      newId: ids.next(),
      mappingDigest: digest,
      incarnation: (await ports.facts?.incarnation()) ?? null,
      rowsEstimated: (await ports.facts?.rowsEstimated()) ?? null,
      offsets: await readOffsets(table),
    };
    return { start, cautions };
  } catch (error) {
    await store.recordFailedRun(table, digest, ids.next(), explain(error), clock.nowMs());
    throw error;
  }
}

/** Ranges, then what changed meanwhile, then the end. */
async function runThrough(pass: SweepPass, start: RunStart): Promise<SweepOutcome> {
  const { table, run, ports, signal } = pass;
  const { store, clock } = table;
  const stopped = (why: string | null): SweepOutcome => ({ state: 'stopped', runId: run.id, why });
  const settled = (await sweepRanges(pass)) ? await settlePass(pass) : null;
  if (settled === null) {
    await releaseLanes(pass);
    return stopped(signal.aborted ? null : (await store.counts(run.id)).detail);
  }
  const incarnation = (await ports.facts?.incarnation()) ?? null;
  // Changes may have been lost while the pass ran: what it compared before says nothing of them.
  const fault = (await ports.capture?.fault()) ?? null;
  const why =
    whyPassEnds(start, { mappingDigest: start.mappingDigest, incarnation }) ??
    (fault === null ? null : `${fault.reason}; ${fault.fix}`);
  if (why !== null) {
    await store.cancelRun(run.id, why, clock.nowMs());
    return stopped(why);
  }
  await store.finishRun(run, settled, clock.nowMs());
  const counts = await store.counts(run.id);
  // Another worker may have ended it first, or somebody asked for a fresh one.
  if (counts.state !== 'complete') return stopped(counts.detail);
  return { state: 'complete', runId: run.id, counts, cautions: pass.cautions };
}

async function giveUp(pass: SweepPass, error: unknown): Promise<void> {
  const { table, run } = pass;
  try {
    await releaseLanes(pass);
    await table.store.failRun(run, explain(error), table.clock.nowMs());
  } catch (later) {
    table.logger.warn({ err: messageOf(later) }, 'a failed pass could not be written down');
  }
}

function explain(error: unknown): string {
  const fix = error instanceof BanyanError && error.fix !== undefined ? `; ${error.fix}` : '';
  return `${messageOf(error)}${fix}`;
}
