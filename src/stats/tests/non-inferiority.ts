import { need, needMeasure } from '../domain.js';
import { type Arm, armMoments, type Difference, differenceOf } from './arms.js';
import {
  type Alternative,
  degenerate,
  facing,
  fromLog,
  readOptions,
  type Reference,
  type TestResult,
} from './result.js';

export interface MarginInput {
  readonly control: Arm;
  readonly treatment: Arm;
  /** The difference that would not matter, over 0, in the unit of the metric. */
  readonly margin: number;
  /** The level of the interval; default .95. Compare the p-value with 1 - level. */
  readonly level?: number;
  /** What the statistic is compared with, given Welch's degrees of freedom: default normal; `student` for small samples. */
  readonly reference?: (df: number) => Reference;
}

/** Both one-sided p-values of an equivalence test. */
export interface EquivalenceResult extends TestResult {
  /** Against a difference of -margin or less. */
  readonly pLower: number;
  /** Against a difference of +margin or more. */
  readonly pUpper: number;
}

function read(where: string, input: MarginInput): { level: number; difference: Difference | undefined } {
  const { level } = readOptions(where, input.level === undefined ? {} : { level: input.level });
  needMeasure(where, 'margin', input.margin);
  const control = armMoments(where, 'control', input.control);
  const treatment = armMoments(where, 'treatment', input.treatment);
  return { level, difference: differenceOf(control, treatment, input.reference) };
}

/**
 * Whether the treatment is at least not worse than the control by `margin`: what a release should show, where "not
 * significantly worse" would only show that it was looked at too little. A small p-value speaks for it.
 *
 * The estimate is treatment - control; the interval is one-sided and clears the margin when p < 1 - level. Wald's z,
 * with unpooled variances. An arm without data, or no variance at all: p = 1, with `reason`.
 */
export function nonInferiorityTest(input: MarginInput & { readonly higherIsBetter?: boolean }): TestResult {
  const { higherIsBetter = true, margin } = input;
  need(typeof higherIsBetter === 'boolean', 'nonInferiorityTest', 'higherIsBetter', 'true or false', higherIsBetter);
  const { level, difference } = read('nonInferiorityTest', input);
  const method = 'non-inferiority';
  if (difference === undefined) return degenerate(method, 'no-data');
  const { estimate, error, reference, df } = difference;
  if (!(error > 0)) return degenerate(method, 'no-variance', { estimate });
  const alternative: Alternative = higherIsBetter ? 'greater' : 'less';
  const statistic = (estimate + (higherIsBetter ? margin : -margin)) / error;
  const { logLower, logUpper } = reference.tails(statistic);
  const reach = reference.isf(1 - level) * error;
  return {
    method,
    statistic,
    ...fromLog(higherIsBetter ? logUpper : logLower),
    estimate,
    interval: facing(alternative, level, estimate - reach, estimate + reach),
    df,
  };
}

/**
 * Whether treatment and control differ by less than `margin` either way, by two one-sided tests (D. J. Schuirmann, 1987).
 * A small p-value speaks for it; p is the larger of the two.
 *
 * The interval has level 2 level - 1 (90 % by default) and lies inside the margin when p < 1 - level. Degenerate cases as
 * in `nonInferiorityTest`.
 */
export function equivalenceTest(input: MarginInput): EquivalenceResult {
  const { level, difference } = read('equivalenceTest', input);
  const method = 'equivalence (TOST)';
  if (difference === undefined) return { ...degenerate(method, 'no-data'), pLower: 1, pUpper: 1 };
  const { estimate, error, reference, df } = difference;
  if (!(error > 0)) return { ...degenerate(method, 'no-variance', { estimate }), pLower: 1, pUpper: 1 };
  const [fromLower, fromUpper] = [(estimate + input.margin) / error, (estimate - input.margin) / error];
  const [logPLower, logPUpper] = [reference.tails(fromLower).logUpper, reference.tails(fromUpper).logLower];
  const reach = reference.isf(1 - level) * error;
  return {
    method,
    statistic: logPLower > logPUpper ? fromLower : fromUpper,
    ...fromLog(Math.max(logPLower, logPUpper)),
    pLower: Math.exp(logPLower),
    pUpper: Math.exp(logPUpper),
    estimate,
    interval: { lower: estimate - reach, upper: estimate + reach, level: 2 * level - 1 },
    df,
  };
}
