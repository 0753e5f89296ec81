// Equality within rounding counts as reached, so that quantile(cdf(k)) is k.
const rounding = 4e-14;

/**
 * The smallest count k in [least, most] at which a tail has reached exp(logTail): the lower tail by growing to it, the
 * upper by falling to it. Bisection from a guess, so 110 evaluations at most.
 */
export function countPoint(
  logTail: number,
  isLower: boolean,
  least: number,
  most: number,
  guess: number,
  tails: (k: number) => { readonly logLower: number; readonly logUpper: number },
): number {
  if (logTail === -Infinity) return isLower ? least : most;
  const slack = rounding * Math.max(1, Math.abs(logTail));
  const reached = (k: number): boolean =>
    isLower ? tails(k).logLower >= logTail - slack : tails(k).logUpper <= logTail + slack;
  let low = least - 1;
  let high = most;
  // From the guess outward in doubling steps until the answer is enclosed, then halving.
  let at = Math.min(Math.max(Math.floor(guess), least), most);
  for (let stride = 1; low < at && at < high; stride *= 2) {
    if (reached(at)) [high, at] = [at, Math.max(at - stride, least)];
    else [low, at] = [at, Math.min(at + stride, most)];
  }
  while (high - low > 1) {
    const middle = low + Math.floor((high - low) / 2);
    if (reached(middle)) high = middle;
    else low = middle;
  }
  return high;
}
