import { need } from '../domain.js';
import { student } from './reference.js';
import { degenerate, readOptions, studentised, type TestOptions, type TestResult } from './result.js';
import { type Moments, moments, momentsOf, needValues, type Sample } from './sample.js';

/** Two samples; the estimate is the mean of `a` minus that of `b`, and `less` means that `a` is less. */
export interface TwoSamples extends TestOptions {
  readonly a: Sample;
  readonly b: Sample;
}

/** The standard error of a difference of two means with its degrees of freedom (Satterthwaite 1946, Welch 1947). */
export function welchError(a: Moments, b: Moments): { error: number; df: number } {
  const [partA, partB] = [a.variance / a.n, b.variance / b.n];
  const variance = partA + partB;
  // As shares of the variance, so that no square runs out of range.
  const df = 1 / ((partA / variance) ** 2 / (a.n - 1) + (partB / variance) ** 2 / (b.n - 1));
  return { error: Math.sqrt(variance), df };
}

function twoSample(where: string, method: string, input: TwoSamples, errorOf: typeof welchError): TestResult {
  const options = readOptions(where, input);
  const [a, b] = [moments(where, 'a', input.a), moments(where, 'b', input.b)];
  if (!(a.n >= 2 && b.n >= 2)) {
    return degenerate(method, 'no-data', { estimate: a.n > 0 && b.n > 0 ? a.mean - b.mean : null });
  }
  const estimate = a.mean - b.mean;
  if (!(a.variance + b.variance > 0)) return degenerate(method, 'no-variance', { estimate });
  const { error, df } = errorOf(a, b);
  return studentised(method, estimate, error, student(df), { ...options, df });
}

/**
 * Whether two means differ, without assuming equal variances (B. L. Welch, 1947). The default for means: under equal
 * variances it loses next to nothing against Student's test. Sums suffice. Two values per arm are the least.
 */
export function welchTTest(input: TwoSamples): TestResult {
  return twoSample('welchTTest', "Welch's t", input, welchError);
}

/** Whether two means differ when both arms have the same variance. Where that is in doubt, use `welchTTest`. */
export function studentTTest(input: TwoSamples): TestResult {
  return twoSample('studentTTest', "Student's t", input, (a, b) => {
    const df = a.n + b.n - 2;
    const variance = ((a.n - 1) * a.variance + (b.n - 1) * b.variance) / df;
    return { error: Math.sqrt(variance * (1 / a.n + 1 / b.n)), df };
  });
}

/** Whether the mean of the differences `a[i] - b[i]` is 0; for two measurements of the same units. */
export function pairedTTest(
  input: TestOptions & { readonly a: readonly number[]; readonly b: readonly number[] },
): TestResult {
  const method = 'paired t';
  const options = readOptions('pairedTTest', input);
  const a = needValues('pairedTTest', 'a', input.a);
  const b = needValues('pairedTTest', 'b', input.b);
  need(a.length === b.length, 'pairedTTest', 'b', `as long as a (${a.length})`, b.length);
  const { n, mean, variance } = momentsOf(a.map((value, index) => value - (b[index] as number)));
  if (n < 2) return degenerate(method, 'no-data', { estimate: n === 1 ? mean : null });
  const df = n - 1;
  return studentised(method, mean, Math.sqrt(variance / n), student(df), { ...options, df });
}
