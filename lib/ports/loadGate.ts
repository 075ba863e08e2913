/** Says when reading has to wait for others: the watched databases, their replicas, or Banyan itself. */
export interface LoadGate {
  /** Why to wait, in words; null to go on. May be asked before every range. */
  pausedBecause(): Promise<string | null>;
}
