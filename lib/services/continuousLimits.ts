import type { BacklogLimits } from './followedFlow.ts';

/** How many at once and how often; times in ms. */
export interface ContinuousLimits extends BacklogLimits {
  readonly keysAtOnce: number;
  /** Looks under way at once. */
  readonly lanes: number;
  /** Looks under way at once while there are keys to fill each: most of its time a look waits, and holds no connection. */
  readonly fullLanes: number;
  readonly tickMs: number;
  readonly commitEveryMs: number;
  readonly leaseMs: number;
  /** Looks in vain before what is open of a key is written down. */
  readonly triesToTell: number;
  /** Keys that are open and not DIVERGED, written down between two commits at most. */
  readonly toldAtOnce: number;
}

export const CONTINUOUS_LIMITS: ContinuousLimits = {
  inMemory: 200_000,
  slack: 100_000,
  inStore: 1_000_000,
  keysAtOnce: 1_000,
  lanes: 3,
  fullLanes: 8,
  tickMs: 50,
  commitEveryMs: 500,
  leaseMs: 10_000,
  triesToTell: 4,
  toldAtOnce: 1_000,
};
