/** The applied position of a mapped table's other side, whoever keeps it: a table of the target, or a consumer group. */
export interface AppliedPositionSource {
  /**
   * For each partition of the topic the next offset that has NOT been applied; of a partition without
   * an entry nothing has been applied. Rejects when the position can't be read.
   */
  read(topic: string): Promise<ReadonlyMap<number, bigint>>;
}
