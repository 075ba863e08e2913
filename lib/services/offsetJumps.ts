// An applier whose position is set forward leaves a run of neighbouring changes unapplied; one that fails at single
// changes does not. The position alone can't tell a jump from haste, so the rows of the neighbours are looked at.
import type { OffsetJump } from '../core/consistency/flowEvidence.ts';
import type { FlowWatch } from './flowWatch.ts';
import type { JudgedKey } from './judgedKey.ts';
import { judgeLook } from './keyEvidence.ts';
import { type LookOptions, lookAtKeys } from './lookAtKeys.ts';
import type { VerifiedTable } from './verifiedTable.ts';

/** What became of one change: the target has it, lacks it, or has a later one that says nothing of it. */
export interface Fate {
  readonly offset: bigint;
  readonly key: string;
  readonly fate: 'applied' | 'missed' | 'unknown';
}

/** Fewer missed neighbours may be chance. */
const FEWEST_KEYS = 3;
const NEIGHBOURS = 40n;
/** Changes of one jump lie at most so far apart, of those that are known to be missed. */
const CLOSE = 4n;
const MOST_KEYS = 300;

/** Runs of changes, given by offset, of which none was applied and enough were missed; `to` is past the last missed one. */
export function jumpsIn(fates: readonly Fate[]): readonly OffsetJump[] {
  const jumps: OffsetJump[] = [];
  let run: Fate[] = [];
  const end = () => {
    for (const missed of clusters(run.filter(({ fate }) => fate === 'missed'))) {
      const [first, last] = [missed[0], missed.at(-1)];
      if (first === undefined || last === undefined || new Set(missed.map(({ key }) => key)).size < FEWEST_KEYS)
        continue;
      // By offsets, not by what is held: between two that are held, others may have been forgotten.
      const span = last.offset - first.offset + 1n;
      if (2n * BigInt(missed.length) >= span) jumps.push({ from: first.offset, to: last.offset + 1n });
    }
    run = [];
  };
  for (const fate of fates) {
    if (fate.fate === 'applied') end();
    else run.push(fate);
  }
  end();
  return jumps;
}

/** Cuts what was missed where it does not lie side by side: a single miss nearby is none of a jump's. */
function clusters(missed: readonly Fate[]): readonly (readonly Fate[])[] {
  const found: Fate[][] = [];
  for (const each of missed) {
    const own = found.at(-1);
    const before = own?.at(-1)?.offset;
    if (own === undefined || before === undefined || each.offset - before > CLOSE) found.push([each]);
    else own.push(each);
  }
  return found;
}

/**
 * Looks at the neighbours of diverged keys, tells the watch of each jump that they prove, and judges the diverged keys
 * and neighbours again in its light. Only what is DIVERGED then is among the result; nothing if there is no jump.
 */
export async function judgeWithJumps(
  table: VerifiedTable,
  judged: readonly JudgedKey[],
  options: LookOptions,
): Promise<readonly JudgedKey[]> {
  const suspects = judged.filter(isSuspect).slice(0, MOST_KEYS);
  if (suspects.length === 0) return [];
  const { forward } = table;
  const { reverse } = options;
  const keys = [...new Set([...suspects.map(({ key }) => key), ...neighbours(forward, suspects)])];
  if (keys.length < FEWEST_KEYS) return [];
  const looked = keys.slice(0, 2 * MOST_KEYS);
  return lookAtKeys(table, looked, options, async (found) => {
    const around = await judgeLook(table, looked, reverse, found);
    const jumps = [...fatesByPartition(around)].flatMap(([part, fates]) =>
      jumpsIn(fates).map((jump) => ({ part, jump })),
    );
    // One that another look has noted meanwhile was not known to this one.
    if (jumps.length === 0) return [];
    for (const { part, jump } of jumps) forward.noteJump(part, jump);
    // Neighbours that were told alone, when nothing showed the jump yet, are told anew with them.
    const names = new Set([...suspects, ...around.filter(isSuspect)].map(({ key }) => key));
    const again = await judgeLook(table, looked, reverse, found);
    return again.filter(({ key, decision }) => names.has(key) && decision.verdict === 'DIVERGED');
  });
}

function isSuspect({ owner, decision }: JudgedKey): boolean {
  return (
    owner === 'source' && decision.verdict === 'DIVERGED' && (decision.leg === 'apply' || decision.leg === 'unknown')
  );
}

/** Keys with a change near the newest one of a suspect. */
function neighbours({ window }: FlowWatch, suspects: readonly JudgedKey[]): readonly string[] {
  return window.partitions.flatMap((partition) => {
    const offsets = suspects.flatMap(({ events }) => {
      const last = events.at(-1);
      return last?.part === partition.part ? [last.offset] : [];
    });
    return partition.keysNear(offsets, NEIGHBOURS);
  });
}

function fatesByPartition(judged: readonly JudgedKey[]): ReadonlyMap<number, readonly Fate[]> {
  const fates = new Map<number, Fate[]>();
  for (const each of judged) {
    // Of a key that has moved to another partition the offsets do not say which change came first.
    if (each.owner === 'target' || new Set(each.events.map(({ part }) => part)).size > 1) continue;
    for (const [i, event] of each.events.entries()) {
      const own = fates.get(event.part) ?? [];
      fates.set(event.part, own);
      own.push({ offset: event.offset, key: each.key, fate: fateOf(each, i) });
    }
  }
  for (const own of fates.values()) own.sort((a, b) => (a.offset < b.offset ? -1 : 1));
  return fates;
}

function fateOf({ decision, events, target, holds, tells, isNotWritten }: JudgedKey, index: number): Fate['fate'] {
  const { verdict, divergence, lastVisible } = decision;
  const event = events[index];
  if (verdict === 'CLEAN') return index === events.length - 1 ? 'applied' : 'unknown';
  if (event === undefined || divergence === null || !tells(event)) return 'unknown';
  const { expectedFrom } = divergence;
  const due = expectedFrom.kind === 'event' ? expectedFrom.offset : (lastVisible?.offset ?? -1n);
  if (event.offset > due) return 'unknown';
  // Of a target that holds none of the versions held here, a row that is not there shows that nothing was written, and
  // one that is, if it was there before the change.
  if (holds === null) return target === null || isNotWritten(event) ? 'missed' : 'unknown';
  if (event.offset > holds) return 'missed';
  return event.offset === holds ? 'applied' : 'unknown';
}
