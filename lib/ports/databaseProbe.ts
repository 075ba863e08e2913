/** One watched database, asked whether it can be read, and with what rights. */
export interface DatabaseProbe {
  readonly id: string;
  /** One sentence of what was found. Throws a BanyanError with the fix if it can't or must not be read. */
  probe(): Promise<string>;
}
