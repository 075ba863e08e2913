/** The smallest integer from `from` on for which a predicate, false up to a point and true from there, holds. */
export function smallestInteger(from: number, holds: (value: number) => boolean): number {
  if (holds(from)) return from;
  let below = from;
  let step = 1;
  while (!holds(below + step)) {
    below += step;
    step *= 2;
  }
  let above = below + step;
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2);
    if (holds(middle)) above = middle;
    else below = middle;
  }
  return above;
}
