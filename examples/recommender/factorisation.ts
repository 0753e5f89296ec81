import { type Rng, seededRng } from 'turnout';
import type { Histories } from './histories.js';
import type { Scorer } from './ranking.js';

export interface FactorisationOptions {
  readonly seed: number;
  /** Numbers that describe a shopper or an item. Default 8. */
  readonly factors?: number;
  /** Default 8. */
  readonly rounds?: number;
  /** How much more a purchase counts than that there is none (alpha of the paper). Default 20. */
  readonly confidence?: number;
  /** The weight of the penalty on large numbers (lambda of the paper). Default 10. */
  readonly penalty?: number;
}

type Vectors = readonly Float64Array[];

/**
 * Matrix factorisation for purchases without ratings, by alternating least squares (Hu, Koren and Volinsky, 2008): each shopper
 * and each item is a vector, and their product is near 1 where there was a purchase. Shoppers that were not trained on
 * get their vector when they come, from what they bought.
 */
export function factorisation(histories: Histories, items: number, options: FactorisationOptions): Scorer {
  const { seed, factors = 8, rounds = 8, confidence = 20, penalty = 10 } = options;
  const rng = seededRng(seed);
  const buyers: number[][] = Array.from({ length: items }, () => []);
  histories.forEach((bought, shopper) => {
    for (const item of bought) buyers[item]?.push(shopper);
  });
  const solve = (of: readonly number[], others: Vectors, all: Float64Array) =>
    leastSquares(of, others, all, confidence, penalty);
  let itemVectors: Vectors = buyers.map(() => smallVector(factors, rng));
  for (let round = 0; round < rounds; round += 1) {
    const allItems = gram(itemVectors, factors);
    const shopperVectors = histories.map((bought) => solve(bought, itemVectors, allItems));
    const allShoppers = gram(shopperVectors, factors);
    itemVectors = buyers.map((of) => solve(of, shopperVectors, allShoppers));
  }
  const allItems = gram(itemVectors, factors);
  return ({ bought }) => {
    const shopper = solve(bought, itemVectors, allItems);
    const scores = new Float64Array(items);
    for (let item = 0; item < items; item += 1) scores[item] = product(itemVectors[item] as Float64Array, shopper);
    return scores;
  };
}

function smallVector(factors: number, rng: Rng): Float64Array {
  return Float64Array.from({ length: factors }, () => (rng.next() - 0.5) / factors);
}

function product(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) sum += (a[index] as number) * (b[index] as number);
  return sum;
}

/** The sum of v vᵀ over all vectors, row by row: what those that were not bought have in common. */
function gram(vectors: Vectors, factors: number): Float64Array {
  const sums = new Float64Array(factors * factors);
  for (const vector of vectors) addOuter(sums, vector, 1);
  return sums;
}

function addOuter(sums: Float64Array, vector: Float64Array, weight: number): void {
  const { length } = vector;
  for (let row = 0; row < length; row += 1) {
    const value = weight * (vector[row] as number);
    for (let column = 0; column < length; column += 1) {
      const at = row * length + column;
      sums[at] = (sums[at] as number) + value * (vector[column] as number);
    }
  }
}

/** The vector x that solves (all + confidence Σ v vᵀ + penalty I) x = (1 + confidence) Σ v, summed over the vectors of `of`. */
function leastSquares(
  of: readonly number[],
  others: Vectors,
  all: Float64Array,
  confidence: number,
  penalty: number,
): Float64Array {
  const factors = Math.sqrt(all.length);
  const matrix = all.slice();
  const right = new Float64Array(factors);
  for (const index of of) {
    const vector = others[index] as Float64Array;
    addOuter(matrix, vector, confidence);
    for (let row = 0; row < factors; row += 1) {
      right[row] = (right[row] as number) + (1 + confidence) * (vector[row] as number);
    }
  }
  for (let row = 0; row < factors; row += 1)
    matrix[row * factors + row] = (matrix[row * factors + row] as number) + penalty;
  return eliminate(matrix, right);
}

/** Gauss without pivoting, in place: the matrix is symmetric and positive definite, for which that is stable. */
function eliminate(matrix: Float64Array, right: Float64Array): Float64Array {
  const n = right.length;
  for (let pivot = 0; pivot < n; pivot += 1) {
    const from = pivot * n;
    for (let row = pivot + 1; row < n; row += 1) {
      const to = row * n;
      const factor = (matrix[to + pivot] as number) / (matrix[from + pivot] as number);
      for (let column = pivot; column < n; column += 1) {
        matrix[to + column] = (matrix[to + column] as number) - factor * (matrix[from + column] as number);
      }
      right[row] = (right[row] as number) - factor * (right[pivot] as number);
    }
  }
  for (let row = n - 1; row >= 0; row -= 1) {
    let rest = right[row] as number;
    for (let column = row + 1; column < n; column += 1) {
      rest -= (matrix[row * n + column] as number) * (right[column] as number);
    }
    right[row] = rest / (matrix[row * n + row] as number);
  }
  return right;
}
