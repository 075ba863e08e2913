import type { KeyDecision } from '../core/consistency/keyDecision.ts';
import type { Row } from '../core/consistency/row.ts';
import type { Side } from '../ports/rowReader.ts';
import type { WindowEvent } from './windowEvent.ts';

/** One key as the rule decided on it, with the events that it was decided from. */
export interface JudgedKey {
  readonly key: string;
  readonly decision: KeyDecision;
  /** When its rows were read, ms since 1970. */
  readonly judgedAtMs: number;
  /** The side whose changes it was judged by. */
  readonly owner: Side;
  readonly source: Row;
  readonly target: Row;
  /** The transaction that wrote each side's row (its xmin, 32 bits); null where there is none, or its table does not tell. */
  readonly writtenBy: Readonly<Record<Side, bigint | null>>;
  /** The owner's changes. */
  readonly events: readonly WindowEvent[];
  /** Those of the other side. */
  readonly reverseEvents: readonly WindowEvent[];
  /** Of a DIVERGED key, the owner's newest event whose row the other side holds: what came after it was not applied as it stands. */
  readonly holds: bigint | null;
  /** True of a change of the owner that came for the first time: what was done with it is to be seen here. */
  readonly tells: (event: WindowEvent) => boolean;
  /** True of such a change that has not been written into the other side's row, as an earlier look at it proves. */
  readonly isNotWritten: (event: WindowEvent) => boolean;
  /** The decision on an applier that applies again what is delivered again. */
  readonly ifRepeated: () => KeyDecision;
}
