import { need, needCount, needValue } from '../domain.js';
import { standardNormal } from './reference.js';
import { degenerate, readOptions, studentised, type TestOptions, type TestResult } from './result.js';
import { momentsOf, needValues } from './sample.js';

/** Sums over units (users) of two values each, x and y. They merge by adding. */
export interface PairSums {
  readonly n: number;
  readonly x: number;
  readonly y: number;
  readonly xx: number;
  readonly yy: number;
  readonly xy: number;
}

/** Means, variances and covariance of two values per unit (n - 1 below). */
export interface PairMoments {
  readonly n: number;
  readonly meanX: number;
  readonly meanY: number;
  readonly varX: number;
  readonly varY: number;
  readonly cov: number;
}

export function pairMoments(where: string, name: string, x: readonly number[], y: readonly number[]): PairMoments {
  needValues(where, `${name}: first values`, x);
  needValues(where, `${name}: second values`, y);
  need(x.length === y.length, where, name, `two lists of equal length (${x.length})`, y.length);
  const [first, second] = [momentsOf(x), momentsOf(y)];
  const products = x.reduce((sum, value, i) => sum + (value - first.mean) * ((y[i] as number) - second.mean), 0);
  const { n } = first;
  const cov = n < 2 ? 0 : products / (n - 1);
  return { n, meanX: first.mean, meanY: second.mean, varX: first.variance, varY: second.variance, cov };
}

export function pairMomentsOfSums(where: string, name: string, sums: PairSums): PairMoments {
  const { n, x, y, xx, yy, xy } = sums;
  needCount(where, `${name}.n`, n);
  for (const key of ['x', 'y', 'xx', 'yy', 'xy'] as const) needValue(where, `${name}.${key}`, sums[key]);
  const scale = n < 2 ? 0 : 1 / (n - 1);
  const [meanX, meanY] = n === 0 ? [0, 0] : [x / n, y / n];
  const varX = Math.max(0, xx - meanX * x) * scale;
  const varY = Math.max(0, yy - meanY * y) * scale;
  const cov = (xy - meanX * y) * scale;
  need(cov * cov <= varX * varY * (1 + 1e-6) + 1e-300, where, `${name}.xy`, 'a sum that xx and yy allow', xy);
  return { n, meanX, meanY, varX, varY, cov };
}

/** Numerators and denominators of each unit, or their sums with x for numerators and y for denominators. */
export type RatioArm = { readonly num: readonly number[]; readonly den: readonly number[] } | PairSums;

export interface RatioResult extends TestResult {
  /** Each arm's ratio and the variance of that estimate. */
  readonly control: { readonly ratio: number | null; readonly variance: number | null };
  readonly treatment: { readonly ratio: number | null; readonly variance: number | null };
  readonly standardError: number | null;
}

function ratioOf(where: string, name: string, arm: RatioArm): { ratio: number | null; variance: number | null } {
  const pairs = 'num' in arm ? pairMoments(where, name, arm.num, arm.den) : pairMomentsOfSums(where, name, arm);
  const { n, meanX, meanY, varX, varY, cov } = pairs;
  if (!(n >= 2 && meanY !== 0)) return { ratio: null, variance: null };
  const ratio = meanX / meanY;
  return { ratio, variance: Math.max(0, (varX + ratio * ratio * varY - 2 * ratio * cov) / (meanY * meanY) / n) };
}

/**
 * Whether a ratio of sums differs between arms, such as clicks per view, when users, not views, were assigned: the delta
 * method over units (A. Deng, U. Knoblich and J. Lu, KDD 2018). Taking views as independent gives false alarms.
 *
 * The estimate is treatment - control. An arm with fewer than two units, or denominators that sum to 0: p = 1, with `reason`.
 */
export function ratioMetric(
  input: TestOptions & { readonly control: RatioArm; readonly treatment: RatioArm },
): RatioResult {
  const options = readOptions('ratioMetric', input);
  const control = ratioOf('ratioMetric', 'control', input.control);
  const treatment = ratioOf('ratioMetric', 'treatment', input.treatment);
  const method = 'ratio (delta method)';
  if (control.ratio === null || treatment.ratio === null) {
    return { ...degenerate(method, 'no-data'), control, treatment, standardError: null };
  }
  const standardError = Math.sqrt((control.variance ?? 0) + (treatment.variance ?? 0));
  const result = studentised(method, treatment.ratio - control.ratio, standardError, standardNormal, options);
  return { ...result, control, treatment, standardError };
}
