import { incompleteGamma } from '../special/incomplete-gamma.js';
import { type AssignmentBatch, readBatch } from './sample-ratio.js';

export interface SampleRatioTest {
  readonly method: 'sample-ratio chi-square';
  readonly statistic: number;
  /** Degrees of freedom: the number of arms that could get units, less one for each group of arms that shared units. */
  readonly df: number;
  readonly pValue: number;
  /** The p-value's logarithm to base 10, which does not run out of range. */
  readonly log10PValue: number;
  /** Arms that got units although their share was zero; they are in nothing else. */
  readonly impossible: readonly string[];
  readonly reason?: 'no-data';
}

/**
 * Whether units arrived in the shares they were given, looked at once: chi-square against the sum of n times share.
 *
 * The variance is that of a mixture of multinomials, sum n (diag(share) - share share'), which under constant shares
 * gives Pearson's test. Arms of zero share leave the test and its degrees of freedom. Not for repeated looks: peeking
 * after each of 80 batches makes 1.5 % false alarms of 0.1 %; that is what `sampleRatioProcess` is for. Without any
 * units, or with one arm, p is 1 and `reason` is set. Throws `domain` for shares and counts that are none.
 */
export function sampleRatioTest(batches: readonly AssignmentBatch[]): SampleRatioTest {
  const names: string[] = [];
  const excess: number[] = [];
  const covariance: number[][] = [];
  const impossible = new Set<string>();
  const placeOf = (arm: string): number => {
    const known = names.indexOf(arm);
    if (known >= 0) return known;
    for (const row of covariance) row.push(0);
    covariance.push(Array<number>(names.push(arm)).fill(0));
    excess.push(0);
    return names.length - 1;
  };
  batches.forEach((batch, index) => {
    const { arms, stray } = readBatch('sampleRatioTest', `batches[${index}]`, batch);
    for (const arm of stray) impossible.add(arm);
    const n = arms.reduce((sum, { count }) => sum + count, 0);
    for (const { arm, share, count } of arms) {
      const at = placeOf(arm);
      excess[at] = (excess[at] as number) + count - n * share;
      const row = covariance[at] as number[];
      row[at] = (row[at] as number) + n * share;
      for (const other of arms) {
        const to = placeOf(other.arm);
        row[to] = (row[to] as number) - n * share * other.share;
      }
    }
  });
  const { statistic, rank } = mahalanobis(excess, covariance);
  const common = { method: 'sample-ratio chi-square', statistic, df: rank, impossible: [...impossible] } as const;
  if (rank === 0) return { ...common, pValue: 1, log10PValue: 0, reason: 'no-data' };
  // The chi-square distribution's upper tail, without the rest of that distribution in the bundle.
  const { upper, logUpper } = incompleteGamma(rank / 2, statistic / 2);
  return { ...common, pValue: upper, log10PValue: logUpper / Math.LN10 };
}

/**
 * x' S^- x for a singular covariance S that x is in the span of, and its rank, by Cholesky's decomposition with
 * pivoting: arms that were never offered together make blocks of their own, so the rank is not always one less than the
 * number of arms.
 */
function mahalanobis(
  x: readonly number[],
  covariance: readonly (readonly number[])[],
): { statistic: number; rank: number } {
  const left = covariance.map((row) => [...row]);
  const rest = [...x];
  const open = new Set(x.keys());
  const floor = 1e-9 * Math.max(0, ...left.map((row, at) => row[at] as number));
  let statistic = 0;
  let rank = 0;
  for (;;) {
    const pivot = [...open].reduce(
      (best, at) => (variance(left, at) > variance(left, best) ? at : best),
      [...open][0] ?? 0,
    );
    if (!(variance(left, pivot) > floor)) return { statistic, rank };
    open.delete(pivot);
    rank += 1;
    const size = variance(left, pivot);
    const pivotRow = left[pivot] as number[];
    const own = rest[pivot] as number;
    statistic += (own * own) / size;
    for (const at of open) {
      const row = left[at] as number[];
      const factor = (row[pivot] as number) / size;
      rest[at] = (rest[at] as number) - factor * own;
      for (const to of open) row[to] = (row[to] as number) - factor * (pivotRow[to] as number);
    }
  }
}

function variance(matrix: readonly (readonly number[])[], at: number): number {
  return matrix[at]?.[at] ?? 0;
}
