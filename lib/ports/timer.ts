/** Runs something later; services get it as an argument, so that tests can turn the clock. */
export interface Timer {
  /** @returns cancels it. */
  after(delayMs: number, run: () => void): () => void;
}
