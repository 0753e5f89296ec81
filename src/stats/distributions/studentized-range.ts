import type { Rng } from '../../core/rng.js';
import { need, needNumber } from '../domain.js';
import { jstatRangeCdf } from '../jstat.js';
import { rootTwoPi } from '../special/constants.js';
import { zeroBetween } from '../special/brent.js';
import { logChiMean } from '../special/chi-mixture.js';
import { endTails, type Tails, tailsFrom } from '../special/tails.js';
import { type ContinuousDistribution, continuous, uniform } from './distribution.js';
import { logGammaDraw } from './gamma.js';
import { logUpperTail, standardQuantile, upperTail } from './normal.js';

const step = 0.25;
const nodes = 36;
// Every value of the inner function is an integral, so the outer one looks for its place with fewer points than usual.
const scans = 16;

/**
 * The integral of the normal density times `value` over `centre` +- 9, by the trapezoidal rule, which for an analytic
 * function that vanishes at both ends is exact to rounding.
 */
function normalMean(centre: number, value: (z: number) => number): number {
  let sum = 0;
  for (let i = -nodes; i <= nodes; i += 1) {
    const z = centre + i * step;
    sum += Math.exp((-z * z) / 2) * value(z);
  }
  return (sum * step) / rootTwoPi;
}

/** ln P(range <= w) of `groups` standard normal variables: the largest is at z, the others within w below it. */
function logRangeCdf(w: number, groups: number): number {
  const within = (z: number): number =>
    z > w / 2 ? upperTail(z - w) - upperTail(z) : upperTail(-z) - upperTail(w - z);
  // A wide range leaves the largest where it would be anyway.
  return Math.log(Math.min(1, groups * normalMean(Math.min(w / 2, 2), (z) => within(z) ** (groups - 1))));
}

/** ln P(range > w): at least one of the others is further than w below the largest. */
function logRangeSf(w: number, groups: number): number {
  const beyond = (z: number): number => {
    const logBelow = logUpperTail(-z);
    const ratio = Math.min(1, Math.exp(logUpperTail(w - z) - logBelow));
    return -Math.exp((groups - 1) * logBelow) * Math.expm1((groups - 1) * Math.log1p(-ratio));
  };
  return Math.log(Math.min(1, groups * normalMean(w / 2, beyond)));
}

const logLower = (q: number, groups: number, df: number): number =>
  logChiMean(df, (s) => logRangeCdf(q * s, groups), scans);

const logUpper = (q: number, groups: number, df: number): number =>
  logChiMean(df, (s) => logRangeSf(q * s, groups), scans);

function tails(q: number, groups: number, df: number): Tails {
  if (!(q > 0)) return endTails(true);
  if (q === Infinity) return endTails(false);
  const lower = logLower(q, groups, df);
  return lower < -Math.LN2 ? tailsFrom(lower, true) : tailsFrom(logUpper(q, groups, df), false);
}

function point(logTail: number, isLower: boolean, groups: number, df: number): number {
  if (logTail === -Infinity) return isLower ? 0 : Infinity;
  const logTailAt = isLower ? logLower : logUpper;
  const excess = (u: number): number => logTailAt(Math.exp(u), groups, df) - logTail;
  let [low, high] = [0, 2];
  while (high < 690 && excess(high) > 0 !== isLower) [low, high] = [high, 2 * high];
  while (low > -690 && low < 1 && excess(low) > 0 === isLower) [low, high] = [2 * low - 1, low];
  return Math.exp(zeroBetween(low, high, excess, 1e-12));
}

function draw(rng: Rng, groups: number, df: number): number {
  const values = Array.from({ length: groups }, () => standardQuantile(uniform('studentizedRange.sample', rng)));
  const range = Math.max(...values) - Math.min(...values);
  return range * Math.exp(0.5 * (Math.log(df / 2) - logGammaDraw(rng, df / 2)));
}

function check(where: string, groups: number, df: number): void {
  const whole = Number.isSafeInteger(groups);
  need(whole && groups >= 2 && groups <= 200, where, 'groups', 'a whole number from 2 to 200', groups);
  need(df >= 1 && df <= 1e12, where, 'df', 'a number from 1 to 1e12', df);
}

/** ln of the density: two of the values are q s apart, the others lie between them. */
function logDensity(q: number, groups: number, df: number): number {
  if (!(q > 0 && q < Infinity)) return -Infinity;
  const density = (w: number): number => {
    const within = (z: number): number => upperTail(-z) - upperTail(w - z);
    const pairs = normalMean(w / 2, (z) => within(z) ** (groups - 2) * Math.exp(-((z - w) ** 2) / 2));
    return (groups * (groups - 1) * pairs) / rootTwoPi;
  };
  return logChiMean(df, (s) => Math.log(s * density(q * s)), scans);
}

function withJstat(): ContinuousDistribution<[groups: number, df: number]> {
  const ours = continuous<[groups: number, df: number]>({
    name: 'studentizedRange',
    check,
    tails,
    logPdf: logDensity,
    point,
    draw,
  });
  const cdf = (q: number, groups: number, df: number): number => {
    needNumber('studentizedRange.cdf', 'x', q);
    check('studentizedRange.cdf', groups, df);
    return jstatRangeCdf(q, groups, df) ?? tails(q, groups, df).lower;
  };
  return { ...ours, cdf };
}

/**
 * The studentised range: the distance of the largest from the smallest of `groups` (2 to 200) means over their estimated
 * standard error with `df` (1 to 1e12) degrees of freedom, as in Tukey's honest significant difference. `cdf` comes from
 * jstat inside its envelope, all else from a double integral.
 */
export const studentizedRange: ContinuousDistribution<[groups: number, df: number]> = /* @__PURE__ */ withJstat();
