import type { Rng } from '../../core/rng.js';
import { need, needPositive } from '../domain.js';
import { halfLogTwoPi } from '../special/constants.js';
import { zeroBetween } from '../special/brent.js';
import { logChiMean } from '../special/chi-mixture.js';
import { endTails, mirrored, type Tails, tailsFrom } from '../special/tails.js';
import { type ContinuousDistribution, continuous, uniform } from './distribution.js';
import { logGammaDraw } from './gamma.js';
import { logUpperTail, standardQuantile } from './normal.js';

/** Both tails: the normal tail beyond t s - ncp, averaged over the estimated standard deviation s. */
export function noncentralTTails(t: number, df: number, ncp: number): Tails {
  if (t < 0) return mirrored(noncentralTTails(-t, df, -ncp));
  if (t === Infinity) return endTails(false);
  const logUpper = logChiMean(df, (s) => logUpperTail(t * s - ncp));
  if (logUpper < -Math.LN2) return tailsFrom(logUpper, false);
  return tailsFrom(
    logChiMean(df, (s) => logUpperTail(ncp - t * s)),
    true,
  );
}

function logDensity(t: number, df: number, ncp: number): number {
  if (!Number.isFinite(t)) return -Infinity;
  return logChiMean(df, (s) => Math.log(s) - (t * s - ncp) ** 2 / 2) - halfLogTwoPi;
}

function point(logTail: number, isLower: boolean, df: number, ncp: number): number {
  if (logTail === -Infinity) return isLower ? -Infinity : Infinity;
  const excess = (t: number): number => {
    const { logLower, logUpper } = noncentralTTails(t, df, ncp);
    return (isLower ? logLower : logUpper) - logTail;
  };
  // Outward from the centre by doubling, at most to 1e300, until the signs differ.
  const atCentre = excess(ncp);
  const direction = atCentre > 0 === isLower ? -1 : 1;
  let reach = 1;
  while (reach < 1e300 && excess(ncp + direction * reach) > 0 === atCentre > 0) reach *= 2;
  return zeroBetween(ncp, ncp + direction * reach, excess);
}

function draw(rng: Rng, df: number, ncp: number): number {
  const z = ncp + standardQuantile(uniform('noncentralT.sample', rng));
  return z * Math.exp(0.5 * (Math.log(df / 2) - logGammaDraw(rng, df / 2)));
}

/**
 * The noncentral t distribution with `df` degrees of freedom (0.1 to 1e12) and noncentrality `ncp` (at most 1e6 either way):
 * what the t statistic follows when there is an effect. Power and sample sizes come from it.
 */
export const noncentralT: ContinuousDistribution<[df: number, ncp: number]> = /* @__PURE__ */ continuous({
  name: 'noncentralT',
  check(where, df, ncp) {
    needPositive(where, 'df', df);
    need(df >= 0.1 && df <= 1e12, where, 'df', 'a number from 0.1 to 1e12', df);
    need(Math.abs(ncp) <= 1e6, where, 'ncp', 'a number from -1e6 to 1e6', ncp);
  },
  tails: noncentralTTails,
  logPdf: logDensity,
  point,
  draw,
});
