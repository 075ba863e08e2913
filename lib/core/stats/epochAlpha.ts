/** The level that attempt j (from 1) may spend: 6 alpha / (pi^2 j^2), so that all attempts together spend alpha. */
export function epochAlpha(alpha: number, attempt: number): number {
  return (6 * alpha) / (Math.PI ** 2 * attempt ** 2);
}
