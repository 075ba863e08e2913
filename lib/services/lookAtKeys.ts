// One look at some keys: everything that the rule needs, read in the order that makes it evidence. The order is the
// proof: the writer's row and its snapshot; then the fence; then the follower's row with the applier's position; then
// all events up to that position. Where the applier commits its position after its rows, it is read before the
// follower's row, and the log's end after it.
import { isVisible, parseSnapshot } from '../core/consistency/snapshot.ts';
import type { KeyRead, RowForm } from '../ports/keyReader.ts';
import type { WindowLook } from './changeWindow.ts';
import type { AppliedAround, FlowFound } from './flowFound.ts';
import type { FlowWatch } from './flowWatch.ts';
import type { JudgedKey } from './judgedKey.ts';
import type { VerifiedTable } from './verifiedTable.ts';

/** How long looks that share it still wait: a wait that was in vain once is not repeated for each batch of keys. */
export interface Patience {
  captureMs: number;
  applyMs: number;
}

/** The patience of looks that share their waits: those over one range, or over what is left of a pass. */
export function freshPatience({ limits }: Pick<VerifiedTable, 'limits'>): Patience {
  return { captureMs: limits.patienceMs, applyMs: limits.patienceMs };
}

/** How a look is taken. */
export interface LookOptions {
  /** The way back; null where only the source is written. */
  readonly reverse: FlowWatch | null;
  readonly patience: Patience;
  readonly signal: AbortSignal;
}

/** Both sides of some keys, and what was found of each direction around the two reads. */
export interface LookedAt {
  readonly source: KeyRead;
  readonly target: KeyRead;
  /** Just before the follower's row was read, ms since 1970. */
  readonly readAtMs: number;
  readonly forward: FlowFound;
  /** Null where only the source is written. */
  readonly reverse: FlowFound | null;
  readonly forwardLook: WindowLook;
  readonly reverseLook: WindowLook | null;
}

/**
 * Looks at the keys and hands what was found to `judge`, while the windows still hold every event that it may need.
 * @throws BanyanError of a database or broker that can't be read
 */
export function lookAtKeys<T>(
  table: VerifiedTable,
  keys: readonly string[],
  options: LookOptions,
  judge: (found: LookedAt) => Promise<T>,
): Promise<T> {
  return withLook(table, keys, { ...options, form: 'values' }, judge, () => keys);
}

/**
 * The same with hashes in place of rows. A CLEAN key's older events may go; those of the others are kept, for the look
 * at values tells by them what went wrong.
 * @throws BanyanError of a database or broker that can't be read
 */
export function lookAtHashes(
  table: VerifiedTable,
  keys: readonly string[],
  options: LookOptions,
  judge: (found: LookedAt) => readonly JudgedKey[],
): Promise<readonly JudgedKey[]> {
  const clean = (judged: readonly JudgedKey[]) =>
    judged.flatMap(({ key, decision }) => (decision.verdict === 'CLEAN' ? key : []));
  return withLook(table, keys, { ...options, form: 'hashes' }, async (found) => judge(found), clean);
}

/** `done` names the keys whose settled events are needed no more, but for the newest. */
async function withLook<T>(
  table: VerifiedTable,
  keys: readonly string[],
  options: LookOptions & { readonly form: RowForm },
  judge: (found: LookedAt) => Promise<T>,
  done: (result: T) => readonly string[],
): Promise<T> {
  const { forward } = table;
  const { reverse } = options;
  await forward.begin();
  if (reverse !== null) {
    await reverse.begin();
    await forward.noteBaselineOf(reverse);
    // A row that the target owns is judged the other way round.
    if (table.mapping.ownership !== undefined) await reverse.noteBaselineOf(forward);
  }
  const forwardLook = forward.window.beginLook();
  const reverseLook = reverse === null ? null : reverse.window.beginLook();
  let found: LookedAt | null = null;
  let settled: readonly string[] = [];
  try {
    found = { ...(await look(table, keys, options)), forwardLook, reverseLook };
    const result = await judge(found);
    settled = done(result);
    return result;
  } finally {
    forward.window.endLook(forwardLook, seen(found?.source, found?.forward), settled);
    if (reverseLook !== null) reverse?.window.endLook(reverseLook, seen(found?.target, found?.reverse), settled);
  }
}

async function look(
  table: VerifiedTable,
  keys: readonly string[],
  { reverse, patience, signal, form }: LookOptions & { readonly form: RowForm },
): Promise<Pick<LookedAt, 'source' | 'target' | 'readAtMs' | 'forward' | 'reverse'>> {
  const { keyReader, forward, limits } = table;
  const backFrom = reverse === null ? null : await committed(reverse);
  const { replaced } = forward.looks;
  const forwardEnds = forward.window.ends;
  const source = await keyReader.read('source', keys, form);
  const backAround = reverse === null ? null : await around(reverse, source, backFrom);
  const fenced = await fence(forward, source.lsn, keys, patience, signal);
  const visible = newestVisible(forward, source, keys);
  if (!(await appliedPast(forward, visible, patience, signal))) patience.applyMs = 0;

  const from = await committed(forward);
  const reverseEnds = reverse === null ? null : reverse.window.ends;
  const readAtMs = table.clock.nowMs();
  const target = await keyReader.read('target', keys, form);
  const appliedAround = await around(forward, target, from);
  const [atSource, atTarget] = [
    { snapshot: source.snapshot, ends: forwardEnds },
    { snapshot: target.snapshot, ends: reverseEnds },
  ];
  const at = { nowMs: readAtMs, replaced };
  forward.looks.note(atSource, atTarget, appliedAround, at);
  if (backAround !== null) reverse?.looks.note(atTarget, atSource, backAround, at);
  const fencedBack = reverse === null ? null : await fence(reverse, target.lsn, keys, patience, signal);
  return {
    source,
    target,
    readAtMs,
    forward: {
      fenced,
      applied: appliedAround,
      beyond: await readPast(forward, appliedAround, limits.patienceMs, signal),
    },
    reverse:
      reverse === null || fencedBack === null || backAround === null
        ? null
        : {
            fenced: fencedBack,
            applied: backAround,
            beyond: await readPast(reverse, backAround, limits.patienceMs, signal),
          },
  };
}

/** Partitions of the keys; null (every one) as soon as one key has no event that tells its own, or may have moved. */
function partsOf({ window }: FlowWatch, keys: readonly string[]): ReadonlySet<number> | null {
  if (window.grown) return null;
  const parts = new Set<number>();
  const every = window.partitions.length;
  for (const key of keys) {
    const found = window.events(key).parts;
    if (found.length === 0) return null;
    for (const part of found) parts.add(part);
    // Many keys lie in every partition, and a few of them tell.
    if (parts.size === every) return null;
  }
  return parts;
}

async function fence(
  watch: FlowWatch,
  lsn: bigint,
  keys: readonly string[],
  patience: Patience,
  signal: AbortSignal,
): Promise<ReadonlySet<number>> {
  const { passed, all } = await watch.fence(lsn, partsOf(watch, keys), patience.captureMs, signal);
  if (!all) patience.captureMs = 0;
  return passed;
}

/** By partition, the newest event of these keys that the writer's reader sees: the applier has to pass it. */
function newestVisible({ window }: FlowWatch, read: KeyRead, keys: readonly string[]): Map<number, bigint> {
  const snapshot = parseSnapshot(read.snapshot);
  const newest = new Map<number, bigint>();
  for (const key of keys) {
    const { events, parts } = window.events(key);
    for (const part of parts) {
      const event = events.findLast((held) => {
        return held.part === part && (held.txId === null || isVisible(held.txId, snapshot));
      });
      if (event !== undefined && event.offset > (newest.get(part) ?? -1n)) newest.set(part, event.offset);
    }
  }
  return newest;
}

/** A position that can't be read is told of by what is read around the row; waiting for it would not help. */
async function appliedPast(
  watch: FlowWatch,
  offsets: ReadonlyMap<number, bigint>,
  patience: Patience,
  signal: AbortSignal,
): Promise<boolean> {
  return watch.appliedPast(offsets, patience.applyMs, signal).catch(() => true);
}

type Committed = { readonly positions: ReadonlyMap<number, bigint> } | { readonly failed: string } | null;

/** The committed offsets of the applier's group, before the row is read; null where its database keeps the position. */
async function committed(watch: FlowWatch): Promise<Committed> {
  if (!watch.isRange) return null;
  try {
    return { positions: await watch.applied() };
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  }
}

async function around(watch: FlowWatch, row: KeyRead, before: Committed): Promise<AppliedAround> {
  if (before === null) {
    if (row.applied === null) {
      return {
        kind: 'unknown',
        reason: `the applied position of ${watch.topic} is not kept in the ${watch.follower} database`,
      };
    }
    watch.remember(row.applied);
    return { kind: 'exact', next: row.applied };
  }
  if ('failed' in before) return { kind: 'unknown', reason: before.failed };
  watch.remember(before.positions);
  try {
    return { kind: 'range', from: before.positions, to: await watch.readEnds() };
  } catch (error) {
    return { kind: 'unknown', reason: error instanceof Error ? error.message : String(error) };
  }
}

async function readPast(watch: FlowWatch, applied: AppliedAround, patienceMs: number, signal: AbortSignal) {
  switch (applied.kind) {
    case 'exact':
      return watch.readPast(applied.next, patienceMs, signal);
    case 'range':
      return watch.readPast(applied.to, patienceMs, signal);
    case 'unknown':
      return new Map<number, bigint>();
    default:
      return applied satisfies never;
  }
}

/** What the look leaves settled: changes that its snapshot sees and whose application it saw. */
function seen(read: KeyRead | undefined, found: FlowFound | null | undefined) {
  if (read === undefined || found === null || found === undefined || found.applied.kind === 'unknown') return null;
  const { applied } = found;
  return { snapshot: parseSnapshot(read.snapshot), applied: applied.kind === 'exact' ? applied.next : applied.from };
}
