import { need } from '../stats/domain.js';

/** A lower triangle by rows: row i begins at i (i + 1) / 2. It is also how symmetric matrices are kept, at half the room. */
export type Triangle = Float64Array;

/** How many numbers a triangle of `size` rows has. */
export function triangleLength(size: number): number {
  return (size * (size + 1)) / 2;
}

/** The lower triangle L with L L' = `symmetric`. Throws `domain` unless the matrix is positive definite. */
export function cholesky(symmetric: ArrayLike<number>, size: number): Triangle {
  const lower = new Float64Array(triangleLength(size));
  for (let row = 0; row < size; row += 1) {
    const start = triangleLength(row);
    for (let column = 0; column <= row; column += 1) {
      const other = triangleLength(column);
      let rest = symmetric[start + column] as number;
      for (let k = 0; k < column; k += 1) rest -= (lower[start + k] as number) * (lower[other + k] as number);
      if (column < row) {
        lower[start + column] = rest / (lower[other + column] as number);
        continue;
      }
      need(rest > 0, 'cholesky', `the pivot of row ${row}`, 'over 0', rest);
      lower[start + column] = Math.sqrt(rest);
    }
  }
  return lower;
}

/** The x with L x = `right`. */
export function solveLower(lower: Triangle, right: ArrayLike<number>): Float64Array {
  const solution = Float64Array.from(right);
  for (let row = 0; row < solution.length; row += 1) {
    const start = triangleLength(row);
    let rest = solution[row] as number;
    for (let k = 0; k < row; k += 1) rest -= (lower[start + k] as number) * (solution[k] as number);
    solution[row] = rest / (lower[start + row] as number);
  }
  return solution;
}

/** The x with L' x = `right`. */
export function solveUpper(lower: Triangle, right: ArrayLike<number>): Float64Array {
  const solution = Float64Array.from(right);
  for (let row = solution.length - 1; row >= 0; row -= 1) {
    let rest = solution[row] as number;
    for (let k = row + 1; k < solution.length; k += 1) {
      rest -= (lower[triangleLength(k) + row] as number) * (solution[k] as number);
    }
    solution[row] = rest / (lower[triangleLength(row) + row] as number);
  }
  return solution;
}
