/** What a look at a watched database found. */
export interface DatabaseLook {
  /** One sentence, with figures. */
  readonly detail: string;
  /** What Banyan does without for want of a right, and how to grant it; null where nothing is wanting. */
  readonly limit: { readonly detail: string; readonly fix: string } | null;
}

/** One watched database, asked whether it can be read, and with what rights. */
export interface DatabaseProbe {
  readonly id: string;
  /** @throws BanyanError with the fix if it can't or must not be read. */
  probe(): Promise<DatabaseLook>;
}
