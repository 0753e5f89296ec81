import type { Rng } from '../../core/rng.js';
import { needFinite, needPositive } from '../domain.js';
import { betaPoint } from '../special/beta-quantile.js';
import { incompleteBeta, logBetaPrefix } from '../special/incomplete-beta.js';
import { endTails, mirrored, type Tails, tailsFrom } from '../special/tails.js';
import { type ContinuousDistribution, continuous, uniform } from './distribution.js';
import { logGammaDraw } from './gamma.js';
import { standardQuantile } from './normal.js';

/** Both tails of the standard t at any number; df may be up to 1e300. */
export function tTails(t: number, df: number): Tails {
  if (t < 0) return mirrored(tTails(-t, df));
  if (t === Infinity) return endTails(false);
  // t^2 / (df + t^2) is formed beside its complement, so that df = 1e10 loses nothing.
  const ratio = (t / df) * t;
  const share = ratio === Infinity ? 1 : ratio / (1 + ratio);
  return tailsFrom(incompleteBeta(df / 2, 0.5, 1 / (1 + ratio), share).logLower - Math.LN2, false);
}

/** The t whose upper tail is exp(logTail), at most 1/2. */
export function tUpperPoint(logTail: number, df: number): number {
  // Near the middle the tail says little and its distance from 1/2 says all.
  const { x, y } =
    logTail > -1
      ? betaPoint(df / 2, 0.5, Math.log(-Math.expm1(logTail + Math.LN2)), false)
      : betaPoint(df / 2, 0.5, logTail + Math.LN2, true);
  return Math.sqrt(df) * Math.sqrt(y / x);
}

function logDensity(t: number, df: number): number {
  if (!Number.isFinite(t)) return -Infinity;
  const ratio = (t / df) * t;
  // The density at 0, written as a beta function's prefix over the share, tends to it as the share does to 0.
  const share = Math.max(ratio / (1 + ratio), 1e-300);
  return logBetaPrefix(df / 2, 0.5, 1 / (1 + ratio), share) - 0.5 * Math.log(share) - 0.5 * Math.log(df);
}

function draw(rng: Rng, df: number): number {
  const z = standardQuantile(uniform('t.sample', rng));
  return z * Math.exp(0.5 * (Math.log(df / 2) - logGammaDraw(rng, df / 2)));
}

/** Student's t distribution with `df` degrees of freedom (over 0, not only whole), moved by `location`, times `scale`. */
export const t: ContinuousDistribution<[df: number, location?: number, scale?: number]> = /* @__PURE__ */ continuous({
  name: 't',
  check(where, df, location = 0, scale = 1) {
    needPositive(where, 'df', df);
    needFinite(where, 'location', location);
    needPositive(where, 'scale', scale);
  },
  tails: (x, df, location = 0, scale = 1) => tTails((x - location) / scale, df),
  logPdf: (x, df, location = 0, scale = 1) => logDensity((x - location) / scale, df) - Math.log(scale),
  point: (logTail, isLower, df, location = 0, scale = 1) =>
    location + scale * (isLower ? -1 : 1) * tUpperPoint(logTail, df),
  draw: (rng, df, location = 0, scale = 1) => location + scale * draw(rng, df),
});
