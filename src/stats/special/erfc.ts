// Nodes of the trapezoidal rule: the squares (k/2)^2 for k = 1 ... 13 and the weights exp(-(k/2)^2).
const step = 0.5;
const squares = /* @__PURE__ */ Array.from({ length: 13 }, (_, index) => ((index + 1) * step) ** 2);
const weights = /* @__PURE__ */ squares.map((square) => Math.exp(-square));
// Below this the pole of the integrand lies inside the strip and its residue is added; above, it is lost in rounding.
const poleLimit = Math.PI / step;
const seriesLimit = 0.5;

/** The sum of the trapezoidal rule for exp(x^2) erfc(x), without the residue. */
function trapezoid(x: number): number {
  const square = x * x;
  let sum = 0.5 / square;
  for (let k = 0; k < weights.length; k += 1) sum += (weights[k] as number) / ((squares[k] as number) + square);
  return (2 * step * x * sum) / Math.PI;
}

/**
 * The error function for |x| up to about 1, from its power series with positive terms only, so that small arguments keep
 * every digit.
 */
export function erfSmall(x: number): number {
  const square = x * x;
  let term = x;
  let sum = x;
  for (let n = 1; n < 60 && Math.abs(term) > 1e-18 * Math.abs(sum); n += 1) {
    term *= (2 * square) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-square) * sum;
}

/**
 * The complementary error function, to about 1e-15 relative while its value is a normal number.
 *
 * Above 1/2 it is a trapezoidal rule of step 1/2 plus the residue of its pole (Chiarella and Reichel, Mathematics of
 * Computation 22, 1968), whose error is of order exp(-4 pi^2); below, one minus a power series.
 */
export function erfc(x: number): number {
  if (x < 0) return 2 - erfc(-x);
  // From here on the value is below the smallest number there is.
  if (x > 27.3) return 0;
  return x < seriesLimit ? 1 - erfSmall(x) : Math.exp(-x * x) * trapezoid(x) - residue(x);
}

/** exp(x^2) erfc(x) for x >= 0: what is left of a tail once its exponential is taken away, so that logarithms of it work. */
export function erfcx(x: number): number {
  if (x < seriesLimit) return Math.exp(x * x) * (1 - erfSmall(x));
  // Beyond 1e8 all terms but the first are lost, and x * x would overflow from 1e154 on.
  if (x > 1e8) return 1 / (x * Math.sqrt(Math.PI));
  return trapezoid(x) - (x < poleLimit ? residue(x) * Math.exp(x * x) : 0);
}

function residue(x: number): number {
  return x < poleLimit ? 2 / Math.expm1((2 * Math.PI * x) / step) : 0;
}
