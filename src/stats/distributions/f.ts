import { needShape } from '../domain.js';
import { betaPoint } from '../special/beta-quantile.js';
import { incompleteBeta, logBetaPrefix } from '../special/incomplete-beta.js';
import { endTails, type Tails } from '../special/tails.js';
import { type ContinuousDistribution, continuous } from './distribution.js';
import { logGammaDensity, logGammaDraw } from './gamma.js';

function tails(x: number, d1: number, d2: number): Tails {
  if (!(x > 0)) return endTails(true);
  // Both shares are formed without a subtraction, and without overflow for the largest x.
  const ratio = (d1 / d2) * x;
  return incompleteBeta(d1 / 2, d2 / 2, ratio === Infinity ? 1 : ratio / (1 + ratio), 1 / (1 + ratio));
}

function logDensity(x: number, d1: number, d2: number): number {
  const ratio = (d1 / d2) * x;
  if (!(x > 0 && ratio < Infinity)) return x === 0 ? logGammaDensity(0, d1 / 2) : -Infinity;
  return logBetaPrefix(d1 / 2, d2 / 2, ratio / (1 + ratio), 1 / (1 + ratio)) - Math.log(x);
}

/** Fisher's F distribution with `d1` and `d2` degrees of freedom, both 1e-8 to 1e15. */
export const f: ContinuousDistribution<[d1: number, d2: number]> = /* @__PURE__ */ continuous({
  name: 'f',
  check(where, d1, d2) {
    needShape(where, 'd1', d1);
    needShape(where, 'd2', d2);
  },
  tails,
  logPdf: logDensity,
  point(logTail, isLower, d1, d2) {
    const { x, y } = betaPoint(d1 / 2, d2 / 2, logTail, isLower);
    return (d2 / d1) * (x / y);
  },
  draw: (rng, d1, d2) => (d2 / d1) * Math.exp(logGammaDraw(rng, d1 / 2) - logGammaDraw(rng, d2 / 2)),
});
