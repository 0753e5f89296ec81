/** The step that inverse quadratic interpolation (or with two points the secant) takes from b, as a quotient p / q. */
function interpolated(a: number, b: number, c: number, atA: number, atB: number, atC: number): [p: number, q: number] {
  const ratio = atB / atA;
  if (a === c) return [(c - b) * ratio, 1 - ratio];
  const [q, r] = [atA / atC, atB / atC];
  return [ratio * ((c - b) * q * (q - r) - (b - a) * (r - 1)), (q - 1) * (r - 1) * (ratio - 1)];
}

/**
 * A zero of `evaluate` between two points at which its signs differ, by Brent's method (R. P. Brent, Algorithms for
 * minimization without derivatives, 1973, chapter 4): as safe as bisection, and fast where the function is smooth.
 *
 * The answer is within `tolerance` of the zero, by default as near as numbers get. Equal signs give the end with the
 * smaller value. At most 1000 evaluations.
 */
export function zeroBetween(low: number, high: number, evaluate: (x: number) => number, tolerance = 0): number {
  let [a, b, atA, atB] = [low, high, evaluate(low), evaluate(high)];
  if (atA === 0) return a;
  if (atA > 0 === atB > 0) return Math.abs(atA) < Math.abs(atB) ? a : b;
  let [c, atC] = [a, atA];
  for (let count = 0; count < 1000; count += 1) {
    const before = b - a;
    // b is the best estimate so far, c the point across the zero from it, a the estimate before b.
    if (Math.abs(atC) < Math.abs(atB)) [a, b, c, atA, atB, atC] = [b, c, b, atB, atC, atB];
    const least = 2 * Number.EPSILON * Math.abs(b) + tolerance / 2;
    let step = (c - b) / 2;
    if (Math.abs(step) <= least || atB === 0) return b;
    if (Math.abs(before) >= least && Math.abs(atA) > Math.abs(atB)) {
      const [signedP, signedQ] = interpolated(a, b, c, atA, atB, atC);
      const [p, q] = signedP > 0 ? [signedP, -signedQ] : [-signedP, signedQ];
      if (p < 0.75 * (c - b) * q - Math.abs(least * q) / 2 && p < Math.abs((before * q) / 2)) step = p / q;
    }
    [a, atA] = [b, atB];
    b += Math.abs(step) < least ? (step > 0 ? least : -least) : step;
    atB = evaluate(b);
    if (atB > 0 === atC > 0) [c, atC] = [a, atA];
  }
  return b;
}
