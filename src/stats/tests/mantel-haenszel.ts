import { logUpperTail, standardQuantile } from '../distributions/normal.js';
import { need } from '../domain.js';
import type { Proportion } from './arms.js';
import { degenerate, fromLog, type Interval, readOptions, type TestResult } from './result.js';
import { binaryScore, type TestStratum } from './strata.js';

export interface MantelHaenszelInput {
  readonly strata: readonly TestStratum<Proportion>[];
  /** Takes 1/2 from the deviation, as R does unless told otherwise; default false. */
  readonly continuity?: boolean;
  readonly level?: number;
}

/** The common odds ratio with the variance of its logarithm (Robins, Breslow and Greenland, 1986). */
function commonOdds(strata: MantelHaenszelInput['strata'], level: number): { estimate: number; interval: Interval } {
  let [r, s, ofR, ofBoth, ofS] = [0, 0, 0, 0, 0];
  for (const { control, treatment } of strata) {
    const n = control.n + treatment.n;
    if (!(control.n > 0 && treatment.n > 0)) continue;
    const agree = (treatment.x + control.n - control.x) / n;
    const partR = treatment.x * ((control.n - control.x) / n);
    const partS = control.x * ((treatment.n - treatment.x) / n);
    [r, s, ofR, ofS] = [r + partR, s + partS, ofR + agree * partR, ofS + (1 - agree) * partS];
    ofBoth += agree * partS + (1 - agree) * partR;
  }
  const estimate = r / s;
  // With an empty cell throughout, the odds ratio is 0 or infinite and its logarithm has no variance.
  if (!(r > 0 && s > 0)) return { estimate, interval: { lower: 0, upper: Infinity, level } };
  const error = Math.sqrt((ofR / r / r + ofBoth / r / s + ofS / s / s) / 2);
  const reach = Math.exp(-standardQuantile((1 - level) / 2) * error);
  return { estimate, interval: { lower: estimate / reach, upper: estimate * reach, level } };
}

/**
 * Whether the odds of treatment and control differ over strata of 2 x 2 tables (Mantel and Haenszel, 1959): chi-square with
 * one degree of freedom.
 *
 * The estimate is the common odds ratio of treatment to control. No stratum with both arms, or no events, or nothing but
 * events: p = 1, with `reason`.
 */
export function mantelHaenszelTest(input: MantelHaenszelInput): TestResult {
  const { strata, continuity = false } = input;
  const where = 'mantelHaenszelTest';
  const { level } = readOptions(where, input.level === undefined ? {} : { level: input.level });
  need(Array.isArray(strata), where, 'strata', 'a list of strata', strata);
  const method = `Mantel-Haenszel${continuity ? ' (continuity)' : ''}`;
  const { score, variance, weight } = binaryScore(strata);
  if (!(variance > 0)) return degenerate(method, weight > 0 ? 'no-variance' : 'no-data', { df: 1 });
  const deviation = Math.max(0, Math.abs(score) - (continuity ? 0.5 : 0));
  const statistic = (deviation / variance) * deviation;
  // Chi-square with one degree of freedom is the square of a standard normal variable.
  const p = fromLog(Math.LN2 + logUpperTail(Math.sqrt(statistic)));
  return { method, statistic, ...p, ...commonOdds(strata, level), df: 1 };
}
