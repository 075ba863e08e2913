/** Rows of the next chunk, so that a statement takes about `aimMs`: at most four times as many or a quarter at once, within limits. */
export function nextChunkRows(
  rows: number,
  tookMs: number,
  limits: { readonly minRows: number; readonly maxRows: number; readonly aimMs: number },
): number {
  const factor = Math.min(4, Math.max(0.25, limits.aimMs / Math.max(tookMs, 1)));
  return Math.round(Math.min(limits.maxRows, Math.max(limits.minRows, rows * factor)));
}
