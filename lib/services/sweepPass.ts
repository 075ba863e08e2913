import type { CaptureCheck } from '../ports/captureCheck.ts';
import type { LoadGate } from '../ports/loadGate.ts';
import type { Caution } from '../ports/rowReader.ts';
import type { SettledOffset, SettledOffsets } from '../ports/settledOffsets.ts';
import type { TableFacts } from '../ports/tableFacts.ts';
import type { RunCounts, VerifyRun } from '../ports/verifyStore.ts';
import type { VerifiedTable } from './verifiedTable.ts';

/** What a pass asks besides the rows; each may be left out: it then knows less, and never calls more clean. */
export interface SweepPorts {
  /** Without it coverage and end are not known, and a TRUNCATE goes unnoticed. */
  readonly facts?: TableFacts;
  /** Without it a pass begins though changes can't come. */
  readonly capture?: CaptureCheck;
  /** Without it the pass judges every key that changed while it ran itself. */
  readonly settled?: SettledOffsets;
  readonly load?: LoadGate;
  /** Told after each range, what the pass waits for, and what makes it dearer than it need be. */
  readonly progress?: (counts: RunCounts, waitsFor: WaitsFor | null, cautions: readonly Caution[]) => void;
}

/** What holds a pass up: its own order of things, or others who need the databases more. */
export interface WaitsFor {
  readonly why: string;
  readonly isLoad: boolean;
}

/** One worker's part in a pass. */
export interface SweepPass {
  readonly table: VerifiedTable;
  readonly run: VerifyRun;
  readonly ports: SweepPorts;
  readonly owner: string;
  /** What makes reading dearer than it need be. */
  readonly cautions: readonly Caution[];
  /** Where those who follow the changes stood before the first range; null if that is not known. */
  readonly followedFrom: readonly SettledOffset[] | null;
  readonly signal: AbortSignal;
}

/** Tells how far the pass is. */
export async function tellProgress(pass: SweepPass, waitsFor: WaitsFor | null = null): Promise<void> {
  const { table, run, ports, cautions } = pass;
  if (ports.progress !== undefined) ports.progress(await table.store.counts(run.id), waitsFor, cautions);
}
