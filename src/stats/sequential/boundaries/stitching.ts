import { need, needOpenProbability } from '../../domain.js';
import { needAmount, needNonNegative, needOverZero } from '../magnitude.js';

/** The shape of the stitching: each epoch of variance is `eta` times the one before and gets alpha / (zeta(s) k^s). */
const exponent = 1.4;
const eta = 2;
const k1 = (eta ** 0.25 + eta ** -0.25) / Math.SQRT2;
const k2 = (Math.sqrt(eta) + 1) / 2;
/** Riemann's zeta function at 1.4. */
const zeta = 3.1055472779775806;

/**
 * The polynomial stitched boundary, which grows like sqrt(v ln ln v) and so is shorter than any mixture in the very
 * long run: Howard et al. (2021), theorem 1, with s = 1.4 and eta = 2. `varianceMin` is where it starts to be tight,
 * `scale` the tail's scale c (0: sub-Gaussian; below 0: bounded above). Below `varianceMin` the bound is constant.
 */
export function polynomialStitching(options: {
  readonly variance: number;
  readonly alpha: number;
  readonly varianceMin: number;
  readonly scale?: number;
}): number {
  const { variance, alpha, varianceMin, scale = 0 } = options;
  needNonNegative('polynomialStitching', 'variance', variance);
  needOpenProbability('polynomialStitching', 'alpha', alpha);
  needOverZero('polynomialStitching', 'varianceMin', varianceMin);
  needAmount('polynomialStitching', 'scale', scale);
  const used = Math.max(variance, varianceMin);
  const level =
    exponent * Math.log(Math.log((eta * used) / varianceMin)) + Math.log(zeta / Math.log(eta) ** exponent / alpha);
  const tail = k2 * scale * level;
  return Math.sqrt(k1 * k1 * used * level + tail * tail) + tail;
}

/**
 * By how much the number of observations at or below the p-quantile may exceed n p, for all n and all p at once: Howard
 * and Ramdas (2022), theorem 3, with delta = 1/2, s = 1.4 and eta = 2. `nMin` is where it starts to be tight.
 */
export function doubleStitching(options: {
  readonly p: number;
  readonly n: number;
  readonly alpha: number;
  readonly nMin: number;
}): number {
  const { p, n, alpha, nMin } = options;
  needOpenProbability('doubleStitching', 'p', p);
  needNonNegative('doubleStitching', 'n', n);
  needOpenProbability('doubleStitching', 'alpha', alpha);
  need(nMin >= 1 && nMin <= 1e100, 'doubleStitching', 'nMin', 'a number from 1', nMin);
  const delta = 0.5;
  const used = Math.max(n, nMin);
  const logit = Math.log(p / (1 - p));
  const step = 2 * delta * Math.sqrt((nMin * eta) / used);
  const nearest = p >= 0.5 ? p : Math.min(0.5, 1 / (1 + Math.exp(-logit - step)));
  const spread = nearest * (1 - nearest);
  const place = (Math.sqrt(used / nMin) * Math.abs(logit)) / (2 * delta) + 1;
  const level =
    exponent * (Math.log(Math.log((eta * used) / nMin)) + Math.log(place)) +
    Math.log((2 * zeta * (2 * zeta + 1)) / (alpha * Math.log(eta) ** exponent));
  const tail = (k2 * (1 - 2 * p) * level) / 3;
  return (
    delta * Math.sqrt((eta * used * spread) / nMin) + Math.sqrt(k1 * k1 * spread * used * level + tail * tail) + tail
  );
}
