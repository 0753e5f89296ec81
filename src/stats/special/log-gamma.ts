import { halfLogTwoPi } from './constants.js';

const asymptoticFrom = 12;

/** What Stirling's formula leaves out, for x >= 12, but for 1 / (12 x): its asymptotic series (NIST DLMF 5.11.1). */
function rest(x: number): number {
  const square = 1 / (x * x);
  const tail = 1 / 1188 - square * (691 / 360360 - square / 156);
  return (-square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square * tail)))) / x;
}

/**
 * What Stirling's formula leaves out of ln Gamma(x): ln Gamma(x) - (x - 1/2) ln x + x - ln(2 pi)/2, for x > 0. Below 12
 * the recurrence of the gamma function brings the argument up to where the series is exact.
 */
export function stirlingError(x: number): number {
  let shift = 0;
  let from = x;
  for (; from < asymptoticFrom; from += 1) shift += (from + 0.5) * Math.log1p(1 / from) - 1;
  return shift + 1 / (12 * from) + rest(from);
}

/**
 * ln Gamma(base + a) - ln Gamma(base), for base > 0 and a >= 0, with full relative accuracy as a goes to 0: every term is
 * a multiple of a.
 */
export function logGammaRise(base: number, a: number): number {
  let shift = 0;
  let from = base;
  for (; from < asymptoticFrom; from += 1) shift += Math.log1p(a / from);
  const rise = (from - 0.5 + a) * Math.log1p(a / from) + a * (Math.log(from) - 1);
  // The first term of the series by its exact difference; the rest is too small to spoil it.
  const lead = -a / (12 * from * (from + a));
  return rise + lead + (rest(from + a) - rest(from)) - shift;
}

/** ln Gamma(x) for x > 0. */
export function logGamma(x: number): number {
  if (x < 1) return logGammaRise(1, x) - Math.log(x);
  return (x - 0.5) * Math.log(x) - x + halfLogTwoPi + stirlingError(x);
}

/** ln of the beta function B(a, b), without the cancellation of three large log-gammas. */
export function logBeta(a: number, b: number): number {
  const [small, large] = a < b ? [a, b] : [b, a];
  if (small < 10) return logGamma(small) - logGammaRise(large, small);
  const sum = a + b;
  const exponent = -a * Math.log1p(b / a) - b * Math.log1p(a / b) + 0.5 * Math.log(sum / a / b);
  return exponent + halfLogTwoPi + stirlingError(a) + stirlingError(b) - stirlingError(sum);
}
