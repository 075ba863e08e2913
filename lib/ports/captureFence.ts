/** The committed source offset of one connector. It moves only after the broker acknowledged all earlier records. */
export interface CaptureFence {
  /** True if the connector exists. */
  exists(): Promise<boolean>;
  /** True once every change committed at or before this log position has been acknowledged by the broker. */
  isPast(lsn: bigint): Promise<boolean>;
}
