import type { SettledOffset } from '../ports/settledOffsets.ts';
import type { TopicOffset } from '../ports/verifyStore.ts';
import { changedKeys, readOffsets } from './changedKeys.ts';
import { freshPatience } from './lookAtKeys.ts';
import { type SweepPass, tellProgress } from './sweepPass.ts';
import { verifyKeys } from './verifyKeys.ts';

const POLL_MS = 250;
/** After this long without progress of those who follow the changes the pass judges them itself. */
const NO_PROGRESS_MS = 30_000;

/** How a pass was settled: `forgotten` says why a key that changed meanwhile may not have been judged. */
export interface Settled {
  readonly endOffsets: readonly TopicOffset[];
  readonly forgotten: string | null;
}

/**
 * Settles the keys that changed while ranges were compared: equal digests were taken at two moments, and say nothing of
 * a key with an event between them. Then looks again at every key that is open, whatever the digests said.
 * @returns null if it was told to stop
 */
export async function settlePass(pass: SweepPass): Promise<Settled | null> {
  const endOffsets = await readOffsets(pass.table);
  const judged = new Set<string>();
  const unread = await unreadPartition(pass, endOffsets);
  const isSettled = unread === null && (await settledByOthers(pass, endOffsets));
  const forgotten = isSettled ? null : ((await judgeChanged(pass, endOffsets, judged)) ?? unread);
  await recheckOpen(pass, judged);
  return pass.signal.aborted ? null : { endOffsets, forgotten };
}

/** Why the end of the changes is not known here: nothing is read, or not of a partition that others follow. Else null. */
async function unreadPartition({ table, ports, run }: SweepPass, end: readonly TopicOffset[]): Promise<string | null> {
  if (end.length === 0) return 'no partition of the changes is read here: a row that changed may not have been judged';
  const followed = (await ports.settled?.settled(run)) ?? [];
  // A way back that carries nothing is followed, and has no end here.
  const missing = followed.find(
    (part) => (part.topic === table.forward.topic || part.nextOffset > 0n) && !end.some(samePart(part)),
  );
  if (missing === undefined) return null;
  return `changes of ${missing.topic} partition ${missing.part} are not read here: a row that changed may not have been judged`;
}

/** Waits until those who follow the changes have judged every event below `end`; false if none do, or not all of them. */
async function settledByOthers(pass: SweepPass, end: readonly TopicOffset[]): Promise<boolean> {
  const { table, ports, followedFrom, run, signal } = pass;
  if (ports.settled === undefined || followedFrom === null) return false;
  let newest: string | null = null;
  let movedAtMs = table.clock.nowMs();
  while (!signal.aborted) {
    const now = await ports.settled.settled(run);
    if (now === null || skippedSince(followedFrom, now)) return false;
    const behind = end.find((wanted) => reached(now, wanted) < wanted.nextOffset);
    if (behind === undefined) return true;
    // A row that was mended is not kept on the list for as long as changes wait for an applier.
    if (newest === null) await recheckOpen(pass, new Set());
    const seen = now.map((part) => part.nextOffset).join();
    if (seen !== newest) movedAtMs = table.clock.nowMs();
    newest = seen;
    if (table.clock.nowMs() - movedAtMs >= NO_PROGRESS_MS) return false;
    const { topic, part, nextOffset } = behind;
    const why = `changes of ${topic} partition ${part} are judged up to ${reached(now, behind)} of ${nextOffset}`;
    await tellProgress(pass, { why, isLoad: false });
    await table.pause(POLL_MS, signal);
  }
  return false;
}

const samePart = (a: TopicOffset) => (b: TopicOffset) => a.topic === b.topic && a.part === b.part;

function reached(settled: readonly SettledOffset[], wanted: TopicOffset): bigint {
  return settled.find(samePart(wanted))?.nextOffset ?? 0n;
}

/** True if keys were passed over since, or a partition is new to those who follow. */
function skippedSince(from: readonly SettledOffset[], now: readonly SettledOffset[]): boolean {
  return now.some((part) => part.skipped !== (from.find(samePart(part))?.skipped ?? 0n));
}

/**
 * Judges every key with an event since the pass began, and notes those that are not CLEAN in `open`.
 * @returns why some may have been left out, or null
 */
async function judgeChanged(pass: SweepPass, end: readonly TopicOffset[], open: Set<string>): Promise<string | null> {
  const { table, run, signal } = pass;
  const patience = freshPatience(table);
  const changed = await changedKeys(table, run.startOffsets, end);
  if (changed.kind === 'forgotten') {
    return `changes of ${changed.topic} during the pass are not held: a row that changed may not have been judged`;
  }
  for await (const keys of changed.pages) {
    const findings = await verifyKeys(table, keys, patience, signal);
    if (signal.aborted) return null;
    await table.store.storeFindings(run, findings);
    for (const { key, verdict } of findings) if (verdict !== 'CLEAN') open.add(key);
    await tellProgress(pass, { why: 'keys that changed during the pass are judged', isLoad: false });
  }
  return null;
}

/** Judges every key that is not CLEAN by now, but for those that were judged a moment ago. */
async function recheckOpen(pass: SweepPass, judged: ReadonlySet<string>): Promise<void> {
  const { table, run, signal } = pass;
  const patience = freshPatience(table);
  let after: string | null = null;
  while (!signal.aborted) {
    const keys = await table.store.openKeys(table, after, table.limits.keysAtOnce);
    const last = keys.at(-1);
    if (last === undefined) return;
    const findings = await verifyKeys(
      table,
      keys.filter((key) => !judged.has(key)),
      patience,
      signal,
    );
    if (signal.aborted) return;
    await table.store.storeFindings(run, findings);
    after = last;
  }
}
