/** What the catalogues of both databases say of a mapped table. Errors are BanyanErrors. */
export interface TableFacts {
  /** The planner's estimate of the rows, of the side that has more; null if it has none. */
  rowsEstimated(): Promise<bigint | null>;
  /** Names the storage of both tables: another one after TRUNCATE, a rewrite, or a drop and create. */
  incarnation(): Promise<string>;
}
