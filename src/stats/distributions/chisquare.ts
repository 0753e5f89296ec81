import { needShape } from '../domain.js';
import { type ContinuousDistribution, continuous } from './distribution.js';
import { logGammaDensity, logGammaDraw } from './gamma.js';
import { gammaPoint } from '../special/gamma-quantile.js';
import { incompleteGamma } from '../special/incomplete-gamma.js';

/** The chi-square distribution with `df` degrees of freedom (1e-8 to 1e15, not only whole). */
export const chisquare: ContinuousDistribution<[df: number]> = /* @__PURE__ */ continuous({
  name: 'chisquare',
  check: (where, df) => needShape(where, 'df', df),
  tails: (x, df) => incompleteGamma(df / 2, x / 2),
  logPdf: (x, df) => logGammaDensity(x / 2, df / 2) - Math.LN2,
  point: (logTail, isLower, df) => 2 * gammaPoint(df / 2, logTail, isLower),
  draw: (rng, df) => 2 * Math.exp(logGammaDraw(rng, df / 2)),
});
