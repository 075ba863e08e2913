import type { VerifyLimits } from './verifiedTable.ts';

/** How changed keys are looked at. */
export interface LookKind {
  /** How long a look waits for the applier, in ms. */
  readonly applyMs: number;
  readonly byHashesFirst: boolean;
}

/** What is looked at has been applied, but for changes in these moments. */
const FEW_MS = 500;

/** Keys that have not been looked at since they changed: most are as they should be. */
export const FRESH: LookKind = { applyMs: FEW_MS, byHashesFirst: true };

/** Keys whose applier stands still. */
export const STALLED: LookKind = { applyMs: FEW_MS, byHashesFirst: false };

/** Keys that were looked at in vain. */
export function patient({ patienceMs }: VerifyLimits): LookKind {
  return { applyMs: patienceMs, byHashesFirst: false };
}
