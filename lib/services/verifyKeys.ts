import type { KeyDecision } from '../core/consistency/keyDecision.ts';
import { lsnText } from '../core/consistency/lsnText.ts';
import { divergenceKind, shownRow } from '../core/consistency/row.ts';
import { judgeKey } from '../core/consistency/rule.ts';
import type { SideRead } from '../ports/rowReader.ts';
import type { KeyFinding, NewestEvent } from '../ports/verifyStore.ts';
import type { FlowWatch } from './flowWatch.ts';
import type { VerifiedTable } from './verifiedTable.ts';

/** How long looks still wait within one pass: a wait that was in vain once is not repeated for each batch of keys. */
export interface Patience {
  captureMs: number;
  applyMs: number;
}

/**
 * Looks at keys until each is settled or was looked at often enough. The order of the steps is the proof: the source row
 * and its snapshot; then the fence; then the target row with the applier's position; then all that Banyan has read up
 * to that position. See docs of the rule in core/consistency/rule.ts.
 */
export async function verifyKeys(
  table: VerifiedTable,
  keys: readonly string[],
  patience: Patience,
  signal: AbortSignal,
): Promise<readonly KeyFinding[]> {
  const findings = new Map<string, KeyFinding>();
  const twoWay = table.reverse !== null && (await table.reverse.isActive());
  await table.forward.begin();
  if (twoWay) {
    await table.reverse?.begin();
    await table.forward.reverseBegan();
  }
  let left = keys;
  for (let tried = 0; tried < table.limits.tries && left.length > 0 && !signal.aborted; tried += 1) {
    const again: string[] = [];
    for (const { finding, retry } of await look(table, left, twoWay ? table.reverse : null, patience, signal)) {
      findings.set(finding.key, finding);
      if (retry) again.push(finding.key);
    }
    left = again;
  }
  return [...findings.values()];
}

/** One direction as it was found around the two reads. */
interface Found {
  readonly watch: FlowWatch;
  readonly heldBefore: ReadonlyMap<string, NewestEvent>;
  readonly fenced: ReadonlySet<number>;
}

async function look(
  table: VerifiedTable,
  keys: readonly string[],
  reverse: FlowWatch | null,
  patience: Patience,
  signal: AbortSignal,
): Promise<readonly { finding: KeyFinding; retry: boolean }[]> {
  const { reader, store, forward } = table;
  const keyColumns = table.mapping.source.key.length;
  const heldBefore = await store.newestEvents(forward.topic, keys, keyColumns);
  const source = await reader.read('source', keys);
  const fenced = await fence(forward, source.lsn, patience, signal);
  const waiting = await store.newestEvents(forward.topic, keys, keyColumns);
  if (!(await forward.appliedPast(waiting.values(), patience.applyMs, signal))) patience.applyMs = 0;

  const heldBeforeBack = reverse === null ? new Map() : await store.newestEvents(reverse.topic, keys, keyColumns);
  const target = await reader.read('target', keys);
  const fencedBack = reverse === null ? new Set<number>() : await fence(reverse, target.lsn, patience, signal);

  const there = await evidenceOf(table, { watch: forward, heldBefore, fenced }, keys, source, target, signal);
  const back =
    reverse === null
      ? null
      : await evidenceOf(
          table,
          { watch: reverse, heldBefore: heldBeforeBack, fenced: fencedBack },
          keys,
          target,
          source,
          signal,
        );

  const columns = table.mapping.columns.map((column) => column.from);
  return keys.map((key) => {
    const decision = judgeKey({
      source: source.rows.get(key) ?? null,
      target: target.rows.get(key) ?? null,
      columns,
      forward: there.of(key),
      reverse: back?.of(key) ?? null,
      ownership: null,
      targetRowTxId: null,
      stalledAfterMs: table.limits.stalledAfterMs,
    });
    return {
      finding: findingOf(key, decision, source, target, columns, forward.topic, there.events.get(key)),
      retry: decision.retry,
    };
  });
}

async function fence(watch: FlowWatch, lsn: bigint, patience: Patience, signal: AbortSignal) {
  const { passed, all } = await watch.fence(lsn, patience.captureMs, signal);
  if (!all) patience.captureMs = 0;
  return passed;
}

async function evidenceOf(
  table: VerifiedTable,
  found: Found,
  keys: readonly string[],
  written: SideRead,
  followed: SideRead,
  signal: AbortSignal,
) {
  const { watch } = found;
  const positions = await watch.positionsPast(followed.applied, table.limits.patienceMs, signal);
  const events = await table.store.newestEvents(watch.topic, keys, table.mapping.source.key.length);
  const held = [...events.values()];
  const images = await table.reader.images(
    watch.writer,
    held.map((event) => event.after),
  );
  const imageOf = new Map(held.map((event, i) => [event.key, images[i] ?? null]));
  return {
    events,
    of: (key: string) => {
      const event = events.get(key);
      return watch.evidence({
        read: written,
        applied: followed.applied,
        positions,
        fenced: found.fenced,
        event,
        image: imageOf.get(key) ?? null,
        heldBeforeRead: event !== undefined && found.heldBefore.get(key)?.offset === event.offset,
      });
    },
  };
}

function findingOf(
  key: string,
  decision: KeyDecision,
  source: SideRead,
  target: SideRead,
  columns: readonly string[],
  topic: string,
  event: NewestEvent | undefined,
): KeyFinding {
  const left = source.rows.get(key) ?? null;
  const right = target.rows.get(key) ?? null;
  return {
    key,
    verdict: decision.verdict,
    kind: decision.kind ?? divergenceKind(left, right) ?? 'different',
    leg: decision.leg,
    columns: decision.columns,
    detail: {
      reason: decision.reason,
      source: shownRow(left, columns),
      target: shownRow(right, columns),
      topic,
      partition: event?.part ?? null,
      offset: event?.offset.toString() ?? null,
      lsn: event?.commitLsn === undefined || event.commitLsn === null ? null : lsnText(event.commitLsn),
      txid: event?.txId?.toString() ?? null,
      op: event?.op ?? null,
      sourceTsUs: event?.sourceTsUs.toString() ?? null,
      traceId: event?.traceId ?? null,
    },
  };
}
