/** A function and its derivative at a point. */
export interface Slope {
  readonly value: number;
  readonly slope: number;
}

/**
 * The zero of a function that `rises` or falls throughout, below `high`, where it is known to lie: Newton's method from `start`, kept inside a
 * bracket that every step narrows, with bisection when a step would leave it.
 *
 * The lower end is found by trebling the distance from `high`. At most 200 evaluations. A step below 1e-10 of u is the last,
 * since Newton's method doubles the digits; it is taken without asking the bracket, whose ends are rounded as well.
 */
export function zeroBelow(high: number, start: number, rises: boolean, evaluate: (u: number) => Slope): number {
  let [low, top, u] = [-Infinity, high, start < high ? start : high - 1];
  for (let count = 0; count < 200; count += 1) {
    const { value, slope } = evaluate(u);
    const step = value / slope;
    if (Math.abs(step) <= 1e-10 * Math.abs(u)) return u - step;
    if (value > 0 === rises) top = u;
    else low = u;
    u -= step;
    if (!(u > low && u < top)) u = low === -Infinity ? top - 2 * (high - top) - 1 : low + (top - low) / 2;
    if (u === low || u === top) return u;
  }
  return u;
}
