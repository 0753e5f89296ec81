import { binomialTails } from '../distributions/binomial.js';
import { needOpenProbability } from '../domain.js';
import { betaPoint } from '../special/beta-quantile.js';
import { logBinomialMass } from '../special/log-mass.js';
import { exactP } from './likelihood.js';
import {
  type Alternative,
  degenerate,
  type Interval,
  readOptions,
  sideError,
  type TestOptions,
  type TestResult,
} from './result.js';
import { needProportion } from './two-proportion-z.js';

/** The exact interval of Clopper and Pearson (1934), from quantiles of the beta distribution. */
export function exactInterval(x: number, n: number, alternative: Alternative, level: number): Interval {
  const log = Math.log(sideError(alternative, level));
  return {
    lower: alternative === 'less' || x === 0 ? 0 : betaPoint(x, n - x + 1, log, true).x,
    upper: alternative === 'greater' || x === n ? 1 : betaPoint(x + 1, n - x, log, false).x,
    level,
  };
}

/** The exact p-value of `x` successes in `n` trials of probability `p`. */
export function binomialP(x: number, n: number, p: number, alternative: Alternative) {
  const counts = {
    least: 0,
    most: n,
    logMass: (k: number) => logBinomialMass(k, n, p, 1 - p),
    tails: (k: number) => binomialTails(k, n, p),
  };
  return exactP(x, counts, n * p, alternative);
}

/** Whether a proportion is `p0` (in (0, 1)), exactly at any size; the interval is that of Clopper and Pearson. */
export function binomialTest(
  input: TestOptions & { readonly x: number; readonly n: number; readonly p0: number },
): TestResult {
  const { x, n, p0 } = input;
  const { alternative, level } = readOptions('binomialTest', input);
  needProportion('binomialTest', x, n);
  needOpenProbability('binomialTest', 'p0', p0);
  const method = 'exact binomial';
  if (n === 0) return degenerate(method, 'no-data', { interval: { lower: 0, upper: 1, level } });
  const interval = exactInterval(x, n, alternative, level);
  return { method, statistic: x, ...binomialP(x, n, p0, alternative), estimate: x / n, interval, df: null };
}
