/** Where a consumer group stands on one partition. */
export interface GroupPosition {
  readonly topic: string;
  readonly partition: number;
  /** Next offset that the group has not committed; null where it never committed. */
  readonly committed: bigint | null;
  readonly low: bigint;
  readonly high: bigint;
}

/** Positions of the watched system's consumer groups. Rejects when the broker can't be reached. */
export interface LagSource {
  groupPositions(groupId: string, topics: readonly string[]): Promise<readonly GroupPosition[]>;
  stop(): Promise<void>;
}
