import { degenerate, fromLog, type TestResult } from './result.js';
import { needValues } from './sample.js';

// The exact distribution takes n m steps; from here on the limit is used, as in R.
const exactBelow = 10_000;

/** The pooled values in order, as numbers of values of a and of b up to and including each distinct one. */
function steps(a: readonly number[], b: readonly number[]): [number, number][] {
  const sortedA = [...a].sort((x, y) => x - y);
  const sortedB = [...b].sort((x, y) => x - y);
  const out: [number, number][] = [];
  let [i, j] = [0, 0];
  while (i < sortedA.length || j < sortedB.length) {
    const value = Math.min(sortedA[i] ?? Infinity, sortedB[j] ?? Infinity);
    while (sortedA[i] === value) i += 1;
    while (sortedB[j] === value) j += 1;
    out.push([i, j]);
  }
  return out;
}

/**
 * ln of the exact chance that a random order of the pooled values reaches the distance `scaled` / (n m), by the paths of an
 * n x m grid. With ties a path is looked at only where the pooled values change.
 */
function exactTail(scaled: number, n: number, m: number, places: readonly [number, number][]): number {
  const looked = new Set(places.map(([i, j]) => i + j));
  const reached = (i: number, j: number): boolean => looked.has(i + j) && Math.abs(i * m - j * n) >= scaled;
  const chance = new Float64Array(m + 1);
  for (let i = 0; i <= n; i += 1) {
    for (let j = 0; j <= m; j += 1) {
      const [fromI, fromJ] = [i * (chance[j] as number), j === 0 ? 0 : j * (chance[j - 1] as number)];
      chance[j] = reached(i, j) ? 1 : i + j === 0 ? 0 : (fromI + fromJ) / (i + j);
    }
  }
  return Math.log(chance[m] as number);
}

/** ln of the upper tail of Kolmogorov's limit distribution, by its alternating series or, near 0, its theta function. */
function limitTail(z: number): number {
  if (z < 0.5) {
    let below = 0;
    for (let k = 1; k <= 9; k += 2) below += Math.exp((-(k * k) * Math.PI * Math.PI) / (8 * z * z));
    return Math.log1p((-Math.sqrt(2 * Math.PI) / z) * below);
  }
  let rest = 1;
  for (let k = 2; k <= 12; k += 1) rest += (k % 2 === 0 ? -1 : 1) * Math.exp(-2 * (k * k - 1) * z * z);
  return Math.min(0, Math.LN2 - 2 * z * z + Math.log(rest));
}

/**
 * Whether two samples come from different distributions of any shape (Smirnov, 1939). The statistic, and the estimate, is
 * the largest distance between the two empirical distribution functions.
 *
 * Exact, ties included, while n m is below 10,000; beyond that by Kolmogorov's limit. An empty sample: p = 1, with `reason`.
 */
export function kolmogorovSmirnovTest(input: {
  readonly a: readonly number[];
  readonly b: readonly number[];
}): TestResult {
  const a = needValues('kolmogorovSmirnovTest', 'a', input.a);
  const b = needValues('kolmogorovSmirnovTest', 'b', input.b);
  const [n, m] = [a.length, b.length];
  const method = `Kolmogorov-Smirnov (${n * m < exactBelow ? 'exact' : 'limit'})`;
  if (n === 0 || m === 0) return degenerate(method, 'no-data');
  const places = steps(a, b);
  // In whole numbers, so that equal distances compare as equal.
  const scaled = places.reduce((most, [i, j]) => Math.max(most, Math.abs(i * m - j * n)), 0);
  const statistic = scaled / n / m;
  const tail =
    n * m < exactBelow ? exactTail(scaled, n, m, places) : limitTail(statistic * Math.sqrt((n / (n + m)) * m));
  const p = scaled === 0 ? fromLog(0) : fromLog(tail);
  return { method, statistic, ...p, estimate: statistic, interval: null, df: null };
}
