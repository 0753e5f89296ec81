/**
 * ln(1 + z) - z, exact to rounding where the two nearly cancel. Every exponent of a saddle point is a multiple of it: it is
 * the "deviance" that keeps a density accurate when its parameters are in the millions (C. Loader, Fast and accurate
 * computation of binomial probabilities, 2000).
 */
export function log1pMinus(z: number): number {
  if (!(z > -0.4 && z < 0.7)) return Math.log1p(z) - z;
  // With v = z / (2 + z): ln(1 + z) = 2 (v + v^3/3 + v^5/5 + ...), and 2v - z = -z v.
  const v = z / (2 + z);
  const square = v * v;
  let power = 2 * v * square;
  let sum = 0;
  for (let n = 3; n < 80; n += 2) {
    const next = sum + power / n;
    if (next === sum) break;
    sum = next;
    power *= square;
  }
  return sum - z * v;
}

/** ln(value / centre) - (value - centre) / centre, with the difference given, since it is often known to more digits. */
export function logRatioMinus(value: number, centre: number, difference: number): number {
  const z = difference / centre;
  // Far below the centre 1 + z has lost the digits of the value; the logarithm of the ratio has not.
  return z > -0.4 ? log1pMinus(z) : Math.log(value / centre) - z;
}
