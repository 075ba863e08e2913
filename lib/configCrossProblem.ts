/** One thing that is wrong between fields; `path` leads to the field that is to be mended. */
export interface CrossProblem {
  readonly path: readonly PropertyKey[];
  readonly found: string;
  readonly expected: string;
}
