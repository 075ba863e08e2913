import type { TopicOffset, VerifyTarget } from './verifyStore.ts';

/** How far the changes of one partition have been judged: every key below `nextOffset`, less those that were skipped. */
export interface SettledOffset extends TopicOffset {
  /** Keys passed over under load, counted for ever. */
  readonly skipped: bigint;
}

/** Asks whoever follows the change events of a table. */
export interface SettledOffsets {
  /** Null if nobody follows them now. */
  settled(target: VerifyTarget): Promise<readonly SettledOffset[] | null>;
}
