// Evidence for the tables of the rule: everything has been passed and nothing is wrong, unless a case says otherwise.
import type { FlowEvidence, PartitionEvidence } from './flowEvidence.ts';
import type { HeldEvent } from './heldEvent.ts';
import type { KeyEvidence } from './keyEvidence.ts';
import type { Row } from './row.ts';
import { judgeKey } from './rule.ts';
import { parseSnapshot } from './snapshot.ts';

/** A row of the columns `name` and `size`. */
export const row = (...values: (string | null)[]): Row => ({ texts: values, tokens: values, copies: 1 });
export const A = row('a', '1');
export const B = row('b', '1');
export const R = row('rogue', '1');

/** Transactions below 100 are seen. */
export const event = (
  offset: bigint,
  txId: bigint | null,
  after: HeldEvent['after'],
  more: Partial<HeldEvent> = {},
): HeldEvent => ({
  part: 0,
  offset,
  position: null,
  op: after === null ? 'd' : 'u',
  txId,
  repeat: false,
  epoch: 'current',
  echo: false,
  heldBeforeRead: false,
  sourceTsUs: offset,
  after,
  ...more,
});

/** W is 10; all is held from offset 0 on, before the first transaction. */
export const flow = (more: Partial<FlowEvidence> = {}, own: Partial<PartitionEvidence> = {}): FlowEvidence => ({
  snapshot: parseSnapshot('100:100:'),
  partitions: [
    {
      part: 0,
      baseline: { offset: 0n, transactionId: 3n },
      heldSince: 'start',
      fencePassed: true,
      readTo: 100n,
      applied: { kind: 'exact', next: 10n },
      stillMs: 0,
      jumps: [],
      appliedAtReverseBaseline: 0n,
      topic: { kind: 'whole' },
      ...own,
    },
  ],
  grown: false,
  events: [],
  ordered: true,
  appliedDropsRepeats: true,
  looks: [],
  ...more,
});

/** Both sides hold A. */
export const evidence = (more: Partial<KeyEvidence> = {}): KeyEvidence => ({
  source: A,
  target: A,
  columns: ['name', 'size'],
  forward: flow(),
  reverse: null,
  ownership: null,
  sourceRowTxId: null,
  targetRowTxId: null,
  stalledAfterMs: 10_000,
  ...more,
});

/** The leg and the first bad offset of a divergence; the verdict where it is none. */
export function leg(more: Partial<KeyEvidence>): string {
  const { verdict, leg, divergence } = judgeKey(evidence({ target: B, ...more }));
  if (verdict !== 'DIVERGED') return verdict;
  const first = divergence?.firstBadOffset ?? null;
  return first === null ? leg : `${leg} from ${first}`;
}

/** A direction with these events. */
export const one = (events: HeldEvent[], own: Partial<PartitionEvidence> = {}, more: Partial<FlowEvidence> = {}) =>
  flow({ events, ...more }, own);
/** The target's own changes, only watched. */
export const watched = (events: HeldEvent[] = [], own: Partial<PartitionEvidence> = {}) =>
  flow({ events }, { applied: { kind: 'none' }, ...own });
