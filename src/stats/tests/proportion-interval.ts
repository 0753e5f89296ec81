import { standardQuantile } from '../distributions/normal.js';
import { need } from '../domain.js';
import { betaPoint } from '../special/beta-quantile.js';
import { exactInterval } from './binomial.js';
import { type Interval, readOptions } from './result.js';
import { needProportion } from './two-proportion-z.js';

export type ProportionMethod = 'wilson' | 'clopper-pearson' | 'agresti-coull' | 'jeffreys' | 'wald';

export interface ProportionInput {
  readonly x: number;
  readonly n: number;
  /** Default `wilson`. */
  readonly method?: ProportionMethod;
  /** Default .95. */
  readonly level?: number;
}

/** Wilson's score interval (1927): all proportions that a z test would not reject. */
export function wilson(x: number, n: number, level: number): Interval {
  const z = -standardQuantile((1 - level) / 2);
  const scale = n + z * z;
  const centre = (x + (z * z) / 2) / scale;
  const reach = (z / scale) * Math.sqrt((x / n) * (n - x) + (z * z) / 4);
  // At the ends the algebra gives 0 and 1 exactly; rounding need not.
  return { lower: x === 0 ? 0 : centre - reach, upper: x === n ? 1 : centre + reach, level };
}

function around(centre: number, n: number, level: number): Interval {
  const reach = -standardQuantile((1 - level) / 2) * Math.sqrt((centre * (1 - centre)) / n);
  return { lower: Math.max(0, centre - reach), upper: Math.min(1, centre + reach), level };
}

/**
 * A confidence interval for a proportion.
 *
 * `wilson` is right on average and short; `clopper-pearson` never covers less than its level and is longer; `jeffreys` is
 * the equal-tailed Bayesian one; `agresti-coull` adds z^2 trials (1998); `wald` is for comparison with old reports: at 0 of
 * n it is a single point. Without any trials it is [0, 1].
 */
export function proportionInterval({ x, n, method = 'wilson', level = 0.95 }: ProportionInput): Interval {
  needProportion('proportionInterval', x, n);
  readOptions('proportionInterval', { level });
  if (n === 0) return { lower: 0, upper: 1, level };
  const z = -standardQuantile((1 - level) / 2);
  switch (method) {
    case 'wilson':
      return wilson(x, n, level);
    case 'clopper-pearson':
      return exactInterval(x, n, 'two-sided', level);
    case 'agresti-coull':
      return around((x + (z * z) / 2) / (n + z * z), n + z * z, level);
    case 'wald':
      return around(x / n, n, level);
    case 'jeffreys': {
      const log = Math.log((1 - level) / 2);
      const [a, b] = [x + 0.5, n - x + 0.5];
      return { lower: betaPoint(a, b, log, true).x, upper: betaPoint(a, b, log, false).x, level };
    }
    default:
      need(false, 'proportionInterval', 'method', "'wilson', 'clopper-pearson', 'agresti-coull', …", method);
  }
}
