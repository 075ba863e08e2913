// What is known of one direction of one key: the side that writes, its capture, the topic, and the other side's applier.
// Positions are next offsets, as Kafka commits them.
import type { LogPosition } from '../cdc/debezium.ts';
import type { EarlierLook } from './earlierLook.ts';
import type { HeldEvent } from './heldEvent.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * How far the applier is. `exact`: W, read in one snapshot with the follower's row. `range`: C, the committed offset
 * read before that row, and H, the partition's end read after it. `none`: nobody applies this direction; its events
 * only tell who wrote.
 */
export type AppliedPosition =
  | { readonly kind: 'exact'; readonly next: bigint }
  | { readonly kind: 'range'; readonly from: bigint; readonly to: bigint }
  | { readonly kind: 'none' };

/**
 * Whether the partition's events may be trusted. `broken`: stopped, a gap, a recreated topic, a position that can't be
 * read. `new_epoch`: a TRUNCATE or a rewrite of the table, not yet followed by a new baseline, or a partition that was
 * added and is not read yet.
 */
export type TopicState =
  | { readonly kind: 'whole' }
  | { readonly kind: 'broken'; readonly reason: string }
  | { readonly kind: 'new_epoch'; readonly reason: string };

/** Offsets `from` up to and without `to` that the applier's position was set over, their events not applied. */
export interface OffsetJump {
  readonly from: bigint;
  readonly to: bigint;
}

/**
 * Every event of the partition from `offset` on is held, and `transactionId` was taken on the writer after that offset
 * was fixed: a snapshot whose xmin has reached it sees every change below the offset.
 */
export interface Baseline {
  readonly offset: bigint;
  readonly transactionId: bigint;
}

/** From which place in the source's log on every event of a partition is held: its very first, not known yet, or this. */
export type HeldSince = 'start' | 'unknown' | LogPosition;

/** One partition as it was found around the two reads; the same for all of its keys. */
export interface PartitionEvidence {
  readonly part: number;
  /** Null until one is fixed. */
  readonly baseline: Baseline | null;
  /** Only asked where the topic has grown. */
  readonly heldSince: HeldSince;
  /** All that was committed before a position taken after the writer's row was read has reached Banyan, in this partition. */
  readonly fencePassed: boolean;
  /** Banyan's own next offset when the events were taken. */
  readonly readTo: bigint;
  readonly applied: AppliedPosition;
  /** How long the applier's position has stood still with events waiting. */
  readonly stillMs: number;
  readonly jumps: readonly OffsetJump[];
  /**
   * The applier's position, read after the baseline of its own side's changes was fixed: an event from here on was
   * applied, if at all, when every foreign write was already held. Only the leg needs it; null where it was not read.
   */
  readonly appliedAtReverseBaseline: bigint | null;
  readonly topic: TopicState;
}

/** One direction of one key. */
export interface FlowEvidence {
  /** The snapshot in which the writing side's row was read. */
  readonly snapshot: Snapshot;
  /**
   * The key's own partition; every partition of the topic while no event of the key tells which it is, and for ever once
   * the topic has grown.
   */
  readonly partitions: readonly PartitionEvidence[];
  /** True once partitions were added to the topic: a key may then have older events in one and newer ones in another. */
  readonly grown: boolean;
  /** Every event of the key held there, in the order in which they were committed, re-delivered ones marked. */
  readonly events: readonly HeldEvent[];
  /** False if the key has events in several partitions and what they carry does not tell their order. */
  readonly ordered: boolean;
  /** True if the applier drops re-delivered events by their place in the log, as Banyan does. */
  readonly appliedDropsRepeats: boolean;
  /** Earlier looks at both sides, for the leg alone. */
  readonly looks: readonly EarlierLook[];
}
