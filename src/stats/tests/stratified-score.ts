import type { ValueSums } from '../sequential/score.js';
import type { Proportion } from './arms.js';
import { standardNormal } from './reference.js';
import { degenerate, readOptions, studentised, type TestOptions, type TestResult } from './result.js';
import { binaryScore, meanScore, type TestStratum } from './strata.js';

export type StratifiedInput = TestOptions &
  (
    | { readonly kind: 'binary'; readonly strata: readonly TestStratum<Proportion>[] }
    | { readonly kind: 'mean'; readonly strata: readonly TestStratum<ValueSums>[] }
  );

export interface StratifiedResult extends TestResult {
  /** U: the treatment's sum minus what the common mean of each stratum makes expect. */
  readonly score: number;
  /** V: the variance of U when there is no effect; also the information. */
  readonly variance: number;
}

/**
 * The comparison of treatment and control for data that were gathered while shares changed: arms are compared inside each
 * stratum (one epoch and time bucket) and the differences added up, so a ramp cannot confound it (Simpson's paradox).
 *
 * z = U / sqrt(V); the estimate is treatment - control, averaged over strata. `binary` takes `{ x, n }` per arm (Cochran,
 * Mantel and Haenszel), `mean` takes `{ n, sum, sumSq }`. Looked at once: for repeated looks use a group-sequential or an
 * anytime method. No stratum with both arms, or no variance: p = 1, with `reason`.
 */
export function stratifiedScoreTest(input: StratifiedInput): StratifiedResult {
  const options = readOptions('stratifiedScoreTest', input);
  const method = `stratified score (${input.kind})`;
  const { score, variance, weight } = input.kind === 'binary' ? binaryScore(input.strata) : meanScore(input.strata);
  const result =
    weight > 0
      ? studentised(method, score / weight, Math.sqrt(variance) / weight, standardNormal, options)
      : degenerate(method, 'no-data');
  return { ...result, score, variance };
}
