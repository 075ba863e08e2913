import type { VerifyTarget } from './verifyStore.ts';

/** What makes the next pass over a table begin before the pause after the last one is over. */
export interface PassDemand {
  /**
   * The newest moment of which a pass that begins later is wanted, in ms since 1970: the start of an attempt at a stage
   * of the context, whose evidence counts only passes begun after it, or somebody's wish. Null if nothing ever asked.
   */
  newestAskedAtMs(target: VerifyTarget): Promise<number | null>;
  /** Notes that a pass began at this moment: wishes from before it are fulfilled. */
  begun(target: VerifyTarget, atMs: number): Promise<void>;
}
