import type { LoadGate } from '../ports/loadGate.ts';
import type { SettledOffset, SettledOffsets } from '../ports/settledOffsets.ts';
import type { TableFacts } from '../ports/tableFacts.ts';
import type { RunCounts, VerifyRun } from '../ports/verifyStore.ts';
import type { VerifiedTable } from './verifiedTable.ts';

/** What a pass asks besides the rows; each may be left out: it then knows less, and never calls more clean. */
export interface SweepPorts {
  /** Without it coverage and end are not known, and a TRUNCATE goes unnoticed. */
  readonly facts?: TableFacts;
  /** Without it the pass judges every key that changed while it ran itself. */
  readonly settled?: SettledOffsets;
  readonly load?: LoadGate;
  /** Told after each range, and what the pass waits for. */
  readonly progress?: (counts: RunCounts, waitsFor: string | null) => void;
}

/** One worker's part in a pass. */
export interface SweepPass {
  readonly table: VerifiedTable;
  readonly run: VerifyRun;
  readonly ports: SweepPorts;
  readonly owner: string;
  /** Where those who follow the changes stood before the first range; null if that is not known. */
  readonly followedFrom: readonly SettledOffset[] | null;
  readonly signal: AbortSignal;
}

/** Tells how far the pass is. */
export async function tellProgress({ table, run, ports }: SweepPass, waitsFor: string | null = null): Promise<void> {
  if (ports.progress !== undefined) ports.progress(await table.store.counts(run.id), waitsFor);
}
