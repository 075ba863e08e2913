import type { CanaryTable, PlannedCanary } from '../core/consistency/canaryPlan.ts';

/** A row of the target before and after it was made wrong, whole; null for no row. */
export interface PlantedRow {
  readonly key: string;
  readonly original: string | null;
  readonly planted: string | null;
}

/** `changed`: the row is neither as it was nor as it was planted: somebody else wrote it, and it was left alone. */
export type RestoreOutcome = 'restored' | 'changed';

/** Writes the canary rows of one target, over the connection that is the self-test's alone. Errors are BanyanErrors. */
export interface CanaryRows {
  /**
   * What may be changed of the table.
   * @throws BanyanError `forbidden` if its rows may not be written
   */
  table(): Promise<CanaryTable>;
  /**
   * Makes the rows wrong in one transaction. `keep` is told of them before it commits: what it threw undoes it all.
   * @throws BanyanError `conflict` if a row is not there, or is there, as planned
   */
  plant(canaries: readonly PlannedCanary[], keep: (rows: readonly PlantedRow[]) => Promise<void>): Promise<void>;
  /** Makes each row what it was, unless it is neither that nor what was planted. */
  restore(rows: readonly PlantedRow[]): Promise<ReadonlyMap<string, RestoreOutcome>>;
  close(): Promise<void>;
}
