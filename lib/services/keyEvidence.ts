// From what a look found to evidence on one key, and from the rule's decision to a finding. Images of events are read
// only where a verdict hangs on them: none for a row that is as it should be.
import { isUnwritten } from '../core/consistency/earlierLook.ts';
import type { FlowEvidence } from '../core/consistency/flowEvidence.ts';
import { isHeldFromFirst } from '../core/consistency/isHeldFromFirst.ts';
import type { KeyDecision } from '../core/consistency/keyDecision.ts';
import { divergenceKind, sameRow } from '../core/consistency/row.ts';
import { judgeKey } from '../core/consistency/rule.ts';
import { BanyanError, messageOf } from '../errors.ts';
import type { Side } from '../ports/rowReader.ts';
import type { FlowWatch } from './flowWatch.ts';
import type { JudgedKey } from './judgedKey.ts';
import { KeyFlow } from './keyFlow.ts';
import type { LookedAt } from './lookAtKeys.ts';
import { maySwing, toldPingPong } from './pingPong.ts';
import type { VerifiedTable } from './verifiedTable.ts';
import type { WindowEvent } from './windowEvent.ts';

/** Of a key that never stands still, so many of its newest events tell what went wrong. */
const HISTORY = 200;

/** Judges every key of a look. */
export async function judgeLook(
  table: VerifiedTable,
  keys: readonly string[],
  reverse: FlowWatch | null,
  found: LookedAt,
): Promise<readonly JudgedKey[]> {
  const { there, back } = flowsOf(table, reverse, found);
  for (const flow of back === null ? [there] : [there, back]) {
    const own = keys.filter((key) => leadOf(key, found, there, back) === flow);
    await readImages(
      table,
      flow,
      own.flatMap((key) => flow.expectedFrom(key)),
    );
  }
  const judged = await judgeEach(table, keys, found, there, back);
  return back === null ? judged : withPingPongs(table, judged, there, back);
}

/**
 * Of a look at hashes, the keys that are CLEAN or PENDING: two verdicts that need no value. A key that hangs on the row of
 * an event, or on what has gone to and fro, is not among them.
 */
export function judgeByHashes(
  table: VerifiedTable,
  keys: readonly string[],
  reverse: FlowWatch | null,
  found: LookedAt,
): readonly JudgedKey[] {
  const { there, back } = flowsOf(table, reverse, found);
  const judged: JudgedKey[] = [];
  for (const key of keys) {
    if (leadOf(key, found, there, back).expectedFrom(key).length > 0) continue;
    if (back !== null && maySwing(key, there, back)) continue;
    const each = judge(table, key, found, there, back);
    const { verdict } = each.decision;
    if (verdict === 'CLEAN' || verdict === 'PENDING') judged.push(each);
  }
  return judged;
}

function flowsOf(table: VerifiedTable, reverse: FlowWatch | null, found: LookedAt) {
  const back =
    reverse === null || found.reverse === null || found.reverseLook === null
      ? null
      : new KeyFlow(reverse, found.target, found.reverse, found.reverseLook);
  return { there: new KeyFlow(table.forward, found.source, found.forward, found.forwardLook), back };
}

/** The direction that a key is judged by: that of its owner, as far as both sides agree who it is. */
function leadOf(key: string, { source, target }: LookedAt, there: KeyFlow, back: KeyFlow | null): KeyFlow {
  const isTargets = [source, target].every(({ owners }) => owners?.get(key)?.owner === 'target');
  return isTargets && back !== null ? back : there;
}

async function withPingPongs(
  table: VerifiedTable,
  judged: readonly JudgedKey[],
  there: KeyFlow,
  back: KeyFlow,
): Promise<readonly JudgedKey[]> {
  const swinging = new Set(judged.filter(({ key }) => maySwing(key, there, back)).map(({ key }) => key));
  if (swinging.size === 0 || !(await readHistory(table, [there, back], [...swinging]))) return judged;
  return judged.map((each) => (swinging.has(each.key) ? toldPingPong(each, there, back) : each));
}

async function judgeEach(
  table: VerifiedTable,
  keys: readonly string[],
  found: LookedAt,
  there: KeyFlow,
  back: KeyFlow | null,
): Promise<readonly JudgedKey[]> {
  const first = keys.map((key) => judge(table, key, found, there, back));
  // Only now is it known whose history matters: the leg is told from the images of every event that is held.
  const diverged = first.filter(({ decision }) => decision.verdict === 'DIVERGED').map(({ key }) => key);
  if (diverged.length === 0) return first;
  const flows = back === null ? [there] : [there, back];
  const isKnown = await lookForPartitions(table, flows);
  const isTold = await readHistory(table, flows, diverged);
  return first.map((judged) => {
    if (judged.decision.verdict !== 'DIVERGED') return judged;
    if (!isKnown) return pending(judged, 'the partitions of the change topic could not be read');
    const again = judge(table, judged.key, found, there, back);
    return isTold ? doubted(again, leadOf(judged.key, found, there, back)) : untold(again);
  });
}

/** False if the broker does not say. */
async function lookForPartitions(table: VerifiedTable, flows: readonly KeyFlow[]): Promise<boolean> {
  try {
    for (const flow of flows) await flow.lookForPartitions();
    return true;
  } catch (error) {
    table.logger.warn({ table: table.table, err: messageOf(error) }, 'the partitions of a topic could not be read');
    return false;
  }
}

/** False if it can't be read now. */
async function readHistory(table: VerifiedTable, flows: readonly KeyFlow[], keys: readonly string[]): Promise<boolean> {
  try {
    for (const flow of flows) {
      await readImages(
        table,
        flow,
        keys.flatMap((key) => flow.passed(key).slice(-HISTORY)),
      );
    }
    return true;
  } catch (error) {
    if (!(error instanceof BanyanError)) throw error;
    table.logger.warn({ table: table.table, err: error.message }, 'the history of divergent keys could not be read');
    return false;
  }
}

/** A verdict without its history: the leg is not known, and what was delivered again can't be told from a divergence. */
function untold(judged: JudgedKey): JudgedKey {
  if (judged.decision.verdict !== 'DIVERGED') return judged;
  if (!judged.events.some(({ repeat }) => repeat)) {
    return { ...judged, decision: { ...judged.decision, leg: 'unknown' } };
  }
  return pending(judged, 'events of the key were delivered again, and their rows could not be read');
}

function pending(judged: JudgedKey, reason: string): JudgedKey {
  const open = { retry: true, kind: null, leg: 'unknown', columns: [], divergence: null } as const;
  return { ...judged, decision: { ...judged.decision, verdict: 'PENDING', reason, ...open } };
}

function judge(table: VerifiedTable, key: string, found: LookedAt, there: KeyFlow, back: KeyFlow | null): JudgedKey {
  const source = found.source.rows.get(key) ?? null;
  const target = found.target.rows.get(key) ?? null;
  const writtenBy = {
    source: found.source.writtenBy.get(key) ?? null,
    target: found.target.writtenBy.get(key) ?? null,
  };
  const lead = leadOf(key, found, there, back);
  const follow = lead === there ? back : there;
  const owner = lead.watch.writer;
  const events = lead.events(key);
  const follower = owner === 'source' ? target : source;
  const atSource = found.source.owners?.get(key);
  const atTarget = found.target.owners?.get(key);
  const decide = (dropsRepeats: boolean) =>
    judgeKey({
      source: owner === 'source' ? source : target,
      target: follower,
      columns: table.mapping.columns.map(({ from }) => from),
      forward: lead.evidence(key, dropsRepeats),
      reverse: follow?.evidence(key, dropsRepeats) ?? null,
      ownership: atSource === undefined || atTarget === undefined ? null : { atSource, atTarget },
      sourceRowTxId: writtenBy[lead.watch.writer],
      targetRowTxId: writtenBy[lead.watch.follower],
      stalledAfterMs: table.limits.stalledAfterMs,
    });
  const decision = inWords(decide(true), owner, divergenceKind(source, target));
  const isHeld = (event: WindowEvent) => {
    const image = event.after === null ? null : (lead.images.get(event) ?? 'unavailable');
    return image !== 'unavailable' && sameRow(image, follower);
  };
  const holds = decision.verdict === 'DIVERGED' ? (events.findLast(isHeld)?.offset ?? null) : null;
  const reverseEvents = follow?.events(key) ?? [];
  const judgedAtMs = found.readAtMs;
  const ifRepeated = () => decide(false);
  let flow: FlowEvidence | null = null;
  const tells = (event: WindowEvent) => {
    if (event.repeat) return false;
    flow ??= lead.evidence(key, true);
    return isHeldFromFirst(flow, event);
  };
  const isNotWritten = (event: WindowEvent) => isUnwritten(lead.watch.looks.all, event, writtenBy[lead.watch.follower]);
  const rows = { owner, source, target, writtenBy };
  return { key, decision, judgedAtMs, ...rows, events, reverseEvents, holds, tells, isNotWritten, ifRepeated };
}

/** The rule speaks of the follower as the target: where the target itself is the owner, it is told to be the other way. */
function inWords(decision: KeyDecision, owner: Side, kind: KeyDecision['kind']): KeyDecision {
  if (owner === 'source' || decision.verdict !== 'DIVERGED') return decision;
  const reason = `the target owns the row, and the source follows it: as seen from there, ${decision.reason}`;
  return { ...decision, kind: kind ?? decision.kind, reason };
}

/**
 * Nobody says whether an applier drops what is delivered again. One that does not is for a while as if set back, and not
 * DIVERGED: known where the target holds just what the last event passed, repeats counted, has in it.
 */
function doubted(judged: JudgedKey, there: KeyFlow): JudgedKey {
  const { decision, events } = judged;
  if (decision.verdict !== 'DIVERGED' || !events.some(({ repeat }) => repeat)) return judged;
  const { verdict } = judged.ifRepeated();
  // Of several positions that it may have had, one that agrees is enough to wait.
  const hasSeveral = there.isRange || there.isSpread(judged.key);
  if (verdict !== 'CLEAN' && !(hasSeveral && verdict === 'PENDING')) return judged;
  return pending(judged, 'events of the key were delivered again, and the applier seems to apply them again');
}

async function readImages({ keyReader }: VerifiedTable, flow: KeyFlow, events: readonly WindowEvent[]): Promise<void> {
  const wanted = events.filter((event) => event.after !== null && !flow.images.has(event));
  if (wanted.length === 0) return;
  const rows = await keyReader.images(
    flow.watch.writer,
    wanted.map(({ after }) => after),
  );
  for (const [i, event] of wanted.entries()) flow.images.set(event, rows[i] ?? null);
}
