import type { Rng } from '../../core/rng.js';
import { needFinite, needPositive, needShape } from '../domain.js';
import { fractionBeta, logBetaPrefix } from '../special/incomplete-beta.js';
import { zeroBelow } from '../special/newton.js';
import { mirrored, type Tails, tailsFrom } from '../special/tails.js';
import { type ContinuousDistribution, continuous, uniform } from './distribution.js';
import { logGammaDraw } from './gamma.js';
import { standardQuantile } from './normal.js';

/** The shares df / (df + t^2) and t^2 / (df + t^2), formed beside each other, so that df = 1e10 loses nothing. */
function shares(t: number, df: number): readonly [number, number] {
  const ratio = (t / df) * t;
  return [1 / (1 + ratio), ratio === Infinity ? 1 : ratio / (1 + ratio)];
}

/** Both tails of the standard t at any number. */
export function tTails(t: number, df: number): Tails {
  if (t < 0) return mirrored(tTails(-t, df));
  const [rest, share] = t === Infinity ? [0, 1] : shares(t, df);
  return tailsFrom(fractionBeta(df / 2, 0.5, rest, share).logLower - Math.LN2, false);
}

/**
 * The t whose upper tail is exp(logTail), at most 1/2, by Newton's method over ln t. Near the middle the tail says little,
 * and the probability between 0 and t says all.
 */
export function tUpperPoint(logTail: number, df: number): number {
  if (logTail === -Infinity) return Infinity;
  const central = logTail > -1;
  const target = central ? Math.log(-Math.expm1(logTail + Math.LN2)) : logTail + Math.LN2;
  if (target === -Infinity) return 0;
  const start = central ? Math.log(1.25) + target : Math.log(Math.sqrt(-2 * logTail) - 0.4);
  const u = zeroBelow(400, start, central, (u) => {
    const [rest, share] = shares(Math.exp(u), df);
    const { logLower, logUpper } = fractionBeta(df / 2, 0.5, rest, share);
    const log = central ? logUpper : logLower;
    // Both probabilities are of |t|, whose density with respect to ln t is twice that of the beta prefix.
    const slope = 2 * Math.exp(logBetaPrefix(df / 2, 0.5, rest, share) - log);
    return { value: log - target, slope: central ? slope : -slope };
  });
  return Math.exp(u);
}

function logDensity(t: number, df: number): number {
  if (!Number.isFinite(t)) return -Infinity;
  // The prefix over t, which has a limit at 0 that a tiny share stands for.
  const [rest, share] = shares(t, df);
  const some = Math.max(share, 1e-300);
  return logBetaPrefix(df / 2, 0.5, rest, some) - 0.5 * (Math.log(some / rest) + Math.log(df));
}

function draw(rng: Rng, df: number): number {
  const z = standardQuantile(uniform('t.sample', rng));
  return z * Math.exp(0.5 * (Math.log(df / 2) - logGammaDraw(rng, df / 2)));
}

/** Student's t distribution with `df` degrees of freedom (1e-8 to 1e15, not only whole), moved by `location`, times `scale`. */
export const t: ContinuousDistribution<[df: number, location?: number, scale?: number]> = /* @__PURE__ */ continuous({
  name: 't',
  check(where, df, location = 0, scale = 1) {
    needShape(where, 'df', df);
    needFinite(where, 'location', location);
    needPositive(where, 'scale', scale);
  },
  tails: (x, df, location = 0, scale = 1) => tTails((x - location) / scale, df),
  logPdf: (x, df, location = 0, scale = 1) => logDensity((x - location) / scale, df) - Math.log(scale),
  point: (logTail, isLower, df, location = 0, scale = 1) =>
    location + scale * (isLower ? -1 : 1) * tUpperPoint(logTail, df),
  draw: (rng, df, location = 0, scale = 1) => location + scale * draw(rng, df),
});
