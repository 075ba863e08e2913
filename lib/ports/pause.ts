/** Waits; resolves early when the signal aborts. */
export type Pause = (ms: number, signal: AbortSignal) => Promise<void>;
