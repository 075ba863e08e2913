/** Time and randomness are arguments: services never read them themselves. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  nowMs(): number;
}

export interface Ids {
  /** A new unique id (UUID v7 text). */
  next(): string;
}
