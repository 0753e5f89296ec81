import { need } from '../domain.js';
import { type PairMoments, pairMoments, pairMomentsOfSums, type PairSums } from './ratio-metric.js';
import { standardNormal } from './reference.js';
import { degenerate, type Reference, readOptions, studentised, type TestOptions, type TestResult } from './result.js';

/** The covariate x, measured before assignment, and the outcome y of each unit, or their sums. */
export type CovariateArm = { readonly x: readonly number[]; readonly y: readonly number[] } | PairSums;

export interface CupedInput extends TestOptions {
  readonly control: CovariateArm;
  readonly treatment: CovariateArm;
  /** `within` (default): from deviations within each arm. `pooled`: from all units as one sample, as in the paper. */
  readonly theta?: 'within' | 'pooled';
  /** What the statistic is compared with, given Welch's degrees of freedom: default normal; `student` for small samples. */
  readonly reference?: (df: number) => Reference;
}

export interface CupedResult extends TestResult {
  /** The slope that was taken out. */
  readonly theta: number;
  readonly standardError: number | null;
  /** The share of the estimate's variance that the covariate explained; under 0 when it did harm. */
  readonly varianceReduction: number | null;
}

function read(name: string, arm: CovariateArm): PairMoments {
  return 'n' in arm ? pairMomentsOfSums('cuped', name, arm) : pairMoments('cuped', name, arm.x, arm.y);
}

/** cov(x, y) / var(x), within the arms or over both as one sample; 0 when the covariate does not vary. */
function slope(a: PairMoments, b: PairMoments, pooled: boolean): number {
  const weight = pooled ? a.n * (b.n / (a.n + b.n)) : 0;
  const [apartX, apartY] = [b.meanX - a.meanX, b.meanY - a.meanY];
  const cov = (a.n - 1) * a.cov + (b.n - 1) * b.cov + weight * apartX * apartY;
  const variance = (a.n - 1) * a.varX + (b.n - 1) * b.varX + weight * apartX * apartX;
  return variance > 0 ? cov / variance : 0;
}

/**
 * The difference of two means after taking out what a covariate explains (CUPED: A. Deng, Y. Xu, R. Kohavi and T. Walker,
 * WSDM 2013), which shortens a test by the share of variance explained.
 *
 * The covariate must have been measured before assignment: one that the treatment can change biases the estimate. The
 * estimate is treatment - control. Fewer than two units in an arm: p = 1, with `reason`.
 */
export function cuped(input: CupedInput): CupedResult {
  const { theta: kind = 'within', reference: from } = input;
  const options = readOptions('cuped', input);
  need(kind === 'within' || kind === 'pooled', 'cuped', 'theta', "'within' or 'pooled'", kind);
  const [a, b] = [read('control', input.control), read('treatment', input.treatment)];
  const method = `CUPED (${kind} theta)`;
  if (!(a.n >= 2 && b.n >= 2)) {
    return { ...degenerate(method, 'no-data'), theta: 0, standardError: null, varianceReduction: null };
  }
  const theta = slope(a, b, kind === 'pooled');
  const part = ({ n, varX, varY, cov }: PairMoments): number =>
    Math.max(0, varY - 2 * theta * cov + theta * theta * varX) / n;
  const [partA, partB] = [part(a), part(b)];
  const variance = partA + partB;
  const raw = a.varY / a.n + b.varY / b.n;
  const df = variance > 0 ? variance ** 2 / (partA ** 2 / (a.n - 1) + partB ** 2 / (b.n - 1)) : 0;
  const estimate = b.meanY - a.meanY - theta * (b.meanX - a.meanX);
  const standardError = Math.sqrt(variance);
  const reference = from === undefined || !(df > 0) ? standardNormal : from(df);
  const rest = from === undefined ? options : { ...options, df };
  const result = studentised(method, estimate, standardError, reference, rest);
  return { ...result, theta, standardError, varianceReduction: raw > 0 ? 1 - variance / raw : null };
}
