import { cholesky, solveLower, solveUpper, triangleLength } from './cholesky.js';

interface Sums {
  readonly n: number;
  readonly sum: number;
}

/** As strongly as one reward each arm is held to its plain mean, which decides where arms never met in one stratum. */
const ridge = 1;

/**
 * The means of arms as if all strata had had the same level: least squares of mean = arm + stratum. With constant shares these are the plain
 * means. Where shares moved while the level did, plain means compare good days with bad ones, and these do not. The weighted
 * average of all means stays what it was.
 */
export function adjustedMeans(strata: readonly (readonly Sums[])[], totals: readonly Sums[]): readonly number[] {
  const plain = totals.map(({ n, sum }) => (n > 0 ? sum / n : 0));
  if (strata.length < 2) return plain;
  const size = totals.length;
  const matrix = new Float64Array(triangleLength(size));
  const right = Float64Array.from(plain, (mean) => ridge * mean);
  for (const arms of strata) {
    const n = arms.reduce((count, arm) => count + arm.n, 0);
    if (!(n > 0)) continue;
    const level = arms.reduce((sum, arm) => sum + arm.sum, 0) / n;
    for (let row = 0; row < size; row += 1) {
      const mine = arms[row] as Sums;
      if (!(mine.n > 0)) continue;
      right[row] = (right[row] as number) + mine.sum - mine.n * level;
      const start = triangleLength(row);
      matrix[start + row] = (matrix[start + row] as number) + mine.n;
      for (let column = 0; column <= row; column += 1) {
        const other = (arms[column] as Sums).n;
        matrix[start + column] = (matrix[start + column] as number) - mine.n * (other / n);
      }
    }
  }
  for (let row = 0; row < size; row += 1) {
    const at = triangleLength(row) + row;
    matrix[at] = (matrix[at] as number) + ridge;
  }
  const lower = cholesky(matrix, size);
  const fitted = solveUpper(lower, solveLower(lower, right));
  const all = totals.reduce((count, { n }) => count + n, 0);
  const shift = totals.reduce((sum, { n }, arm) => sum + n * ((plain[arm] as number) - (fitted[arm] as number)), 0);
  return totals.map(({ n }, arm) => (n > 0 ? (fitted[arm] as number) + shift / all : 0));
}
