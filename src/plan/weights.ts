import { ConfigError } from '../core/errors.js';
import { type Check, must, show } from '../core/options.js';
import { isObject } from '../core/json.js';
import type { Cut } from './plan.js';

/** Hashes lie in [0, 2^32), and cuts divide just that. */
export const hashSpace = 2 ** 32;

const sumTolerance = 1e-9;
const maxCuts = 65_536;

/** Throws a ConfigError, with every issue, unless `weights` are fractions of a whole; `what` is who was given them. */
export function checkWeights(what: string, weights: readonly number[]): void {
  const issues = weights.flatMap((weight, index) =>
    weight >= 0 && weight < Infinity
      ? []
      : [{ path: `weights[${index}]`, message: `must be a finite number, 0 or more (was ${show(weight)}).` }],
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (issues.length === 0 && !(Math.abs(sum - 1) <= sumTolerance))
    issues.push({ path: 'weights', message: `must sum to 1 (was ${sum}). Divide each weight by that sum.` });
  if (issues.length > 0) throw new ConfigError(what, issues);
}

/**
 * Whole numbers of hashes in proportion to `weights`, which sum to 2^32 exactly: each is its weight rounded up or down.
 * What rounding down leaves over goes first to arms that are wider than that already, so that unchanged weights change
 * nothing, then by largest remainder.
 */
export function apportion(weights: readonly number[], before: readonly number[]): readonly number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const parts = weights.map((weight, arm) => {
    const exact = (weight / sum) * hashSpace;
    const whole = Math.floor(exact);
    const rest = exact - whole;
    return { arm, whole, rest, keeps: rest > 0 && (before[arm] ?? 0) > whole ? 1 : 0 };
  });
  const left = hashSpace - parts.reduce((total, { whole }) => total + whole, 0);
  const order = [...parts].sort((a, b) => b.keeps - a.keeps || b.rest - a.rest || a.arm - b.arm);
  const luckier = new Set(order.slice(0, left).map(({ arm }) => arm));
  return parts.map(({ arm, whole }) => whole + (luckier.has(arm) ? 1 : 0));
}

/** How many of the 2^32 hashes the cuts of each arm hold, for arms 0 to `arms` - 1. */
export function widthsOf(cuts: readonly Cut[], arms: number): readonly number[] {
  const widths = Array.from({ length: arms }, () => 0);
  let start = 0;
  for (const { below, arm } of cuts) {
    if (arm < arms) widths[arm] = (widths[arm] as number) + below - start;
    start = below;
  }
  return widths;
}

/** Cuts as a stored state must hold them: whole numbers that rise to 2^32, each with the index of an arm. */
export const cutsCheck: Check = must('a list of { below, arm }, below rising to 2^32', (value) => {
  if (!Array.isArray(value) || value.length > maxCuts) return false;
  let start = 0;
  for (const cut of value as readonly unknown[]) {
    if (!isObject(cut) || !Number.isInteger(cut['below']) || !Number.isInteger(cut['arm'])) return false;
    if (!((cut['below'] as number) > start && (cut['arm'] as number) >= 0)) return false;
    start = cut['below'] as number;
  }
  return start === hashSpace;
});
