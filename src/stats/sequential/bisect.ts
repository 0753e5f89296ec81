/**
 * Where `isPast` turns from false at `low` to true at `high`, to the last digit or 200 halvings. For what is monotone
 * but flat or infinite at an end, where steps by slope would leave the interval.
 */
export function bisect(low: number, high: number, isPast: (at: number) => boolean): number {
  let [before, after] = [low, high];
  for (let count = 0; count < 200; count += 1) {
    const middle = before + (after - before) / 2;
    if (!(middle > before && middle < after)) break;
    if (isPast(middle)) after = middle;
    else before = middle;
  }
  return after;
}
