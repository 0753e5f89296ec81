import { need } from '../domain.js';
import { type Arm, armMoments } from './arms.js';
import { standardNormal } from './reference.js';
import {
  type Reference,
  degenerate,
  readOptions,
  sideError,
  facing,
  studentised,
  type TestOptions,
  type TestResult,
} from './result.js';
import { welchError } from './t-tests.js';

export interface LiftInput extends TestOptions {
  readonly control: Arm;
  readonly treatment: Arm;
  /** `delta`: the delta method. `fieller`: exact for normal means, and honest where the control's mean is uncertain. */
  readonly method?: 'auto' | 'delta' | 'fieller';
  /** What the statistic is compared with, given Welch's degrees of freedom: default normal; `student` for small samples. */
  readonly reference?: (df: number) => Reference;
}

export interface LiftResult extends TestResult {
  readonly standardError: number | null;
}

/**
 * Fieller's interval (1954) for the ratio of two means: all ratios r for which treatment - r control is not found different
 * from 0. Undefined when the control's mean is not itself different from 0: then no interval is finite.
 */
function fieller(
  ratio: number,
  varianceOfControl: number,
  varianceOfTreatment: number,
  z: number,
): [number, number] | undefined {
  const g = z * z * varianceOfControl;
  if (!(g < 1)) return undefined;
  const reach = z * Math.sqrt((1 - g) * varianceOfTreatment + ratio * ratio * varianceOfControl);
  return [(ratio - reach) / (1 - g), (ratio + reach) / (1 - g)];
}

/**
 * The relative change of a mean or a proportion, treatment / control - 1 (so .1 is 10 % more), tested against 0.
 *
 * The test and its standard error are by the delta method; `auto` takes Fieller's interval when the control's mean is
 * within five standard errors of 0. A control whose mean is 0, or not different from 0 at this level, has no interval.
 */
export function relativeLift(input: LiftInput): LiftResult {
  const where = 'relativeLift';
  const { method = 'auto', reference: from } = input;
  const options = readOptions(where, input);
  need(['auto', 'delta', 'fieller'].includes(method), where, 'method', "'auto', 'delta' or 'fieller'", method);
  const control = armMoments(where, 'control', input.control);
  const treatment = armMoments(where, 'treatment', input.treatment);
  const nothing = { standardError: null };
  if (!(control.n >= 2 && treatment.n >= 2 && Math.abs(control.mean) >= 1e-150))
    return { ...degenerate('relative lift', 'no-data'), ...nothing };
  const ratio = treatment.mean / control.mean;
  const square = control.mean * control.mean;
  const [ofControl, ofTreatment] = [control.variance / control.n / square, treatment.variance / treatment.n / square];
  const error = Math.sqrt(ofTreatment + ratio * ratio * ofControl);
  const exact = method === 'fieller' || (method === 'auto' && 25 * ofControl > 1);
  const name = `relative lift (${exact ? 'Fieller' : 'delta'})`;
  if (!(error > 0)) return { ...degenerate(name, 'no-variance', { estimate: ratio - 1 }), ...nothing };
  const { df } = welchError(control, treatment);
  const reference = from?.(df) ?? standardNormal;
  const result = studentised(name, ratio - 1, error, reference, { ...options, ...(from === undefined ? {} : { df }) });
  if (!exact) return { ...result, standardError: error };
  const { alternative, level } = options;
  const ends = fieller(ratio, ofControl, ofTreatment, reference.isf(sideError(alternative, level)));
  const interval = ends === undefined ? null : facing(alternative, level, ends[0] - 1, ends[1] - 1);
  return { ...result, interval, standardError: error };
}
