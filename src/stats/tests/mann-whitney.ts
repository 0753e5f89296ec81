import { need } from '../domain.js';
import { ranksOf } from './ranks.js';
import { standardNormal } from './reference.js';
import { degenerate, fromTails, readOptions, type TestOptions, type TestResult } from './result.js';
import { needValues } from './sample.js';

export interface MannWhitneyInput extends TestOptions {
  readonly a: readonly number[];
  readonly b: readonly number[];
  /** `auto` (default): exact without ties and with fewer than 50 values in each arm, normal otherwise. */
  readonly method?: 'auto' | 'exact' | 'normal';
  /** The correction by 1/2 of the normal approximation; default true. */
  readonly continuity?: boolean;
}

const exactMax = 200;

/** P(U <= u) without ties, by counting the orders of n + m values: each factor of the generating function in turn. */
function exactLower(u: number, n: number, m: number): number {
  const size = n * m + 1;
  const chance = new Float64Array(size);
  chance[0] = 1;
  // Coefficients of prod (1 - q^(m+i)) / (1 - q^i), scaled by i / (m + i) so that they end as probabilities.
  for (let i = 1; i <= n; i += 1) {
    for (let k = size - 1; k >= m + i; k -= 1) chance[k] = (chance[k] as number) - (chance[k - m - i] as number);
    for (let k = i; k < size; k += 1) chance[k] = (chance[k] as number) + (chance[k - i] as number);
    for (let k = 0; k < size; k += 1) chance[k] = ((chance[k] as number) * i) / (m + i);
  }
  let sum = 0;
  for (let k = 0; k <= u; k += 1) sum += chance[k] as number;
  return sum;
}

/**
 * Whether values of `a` tend to be greater or less than values of `b` (Mann and Whitney, 1947; Wilcoxon's rank sum). It
 * looks at the order of values only, so one outlier weighs no more than any value.
 *
 * The statistic is U of `a`: the number of pairs in which its value is the greater, ties counting half. The estimate is
 * U / (n m), the chance that a value of `a` is the greater. All values alike, or an empty arm: p = 1, with `reason`.
 */
export function mannWhitneyUTest(input: MannWhitneyInput): TestResult {
  const where = 'mannWhitneyUTest';
  const { method = 'auto', continuity = true } = input;
  const { alternative } = readOptions(where, input);
  const a = needValues(where, 'a', input.a);
  const b = needValues(where, 'b', input.b);
  const known = method === 'auto' || method === 'exact' || method === 'normal';
  need(known, where, 'method', "'auto', 'exact' or 'normal'", method);
  const [n, m] = [a.length, b.length];
  const { ranks, tieTerm } = ranksOf([...a, ...b]);
  const statistic = ranks.slice(0, n).reduce((sum, rank) => sum + rank, 0) - (n * (n + 1)) / 2;
  const exact = method === 'exact' || (method === 'auto' && tieTerm === 0 && n < 50 && m < 50);
  const name = `Mann-Whitney U (${exact ? 'exact' : 'normal'})`;
  if (n === 0 || m === 0) return degenerate(name, 'no-data');
  const shared = { method: name, statistic, estimate: statistic / (n * m), interval: null, df: null };
  const total = n + m;
  const variance = ((n * m) / 12) * (total + 1 - tieTerm / (total * (total - 1)));
  if (!(variance > 0)) return degenerate(name, 'no-variance', shared);
  if (exact) {
    need(tieTerm === 0, where, 'method', "'normal' when there are ties", method);
    need(n <= exactMax && m <= exactMax, where, 'method', `'normal' above ${exactMax} values in an arm`, method);
    const [atMost, atLeast] = [exactLower(statistic, n, m), exactLower(n * m - statistic, n, m)];
    return { ...shared, ...fromTails({ logLower: Math.log(atMost), logUpper: Math.log(atLeast) }, alternative) };
  }
  const deviation = statistic - (n * m) / 2;
  const half = continuity ? 0.5 : 0;
  const correction = { less: -half, greater: half, 'two-sided': Math.sign(deviation) * half }[alternative];
  return { ...shared, ...fromTails(standardNormal.tails((deviation - correction) / Math.sqrt(variance)), alternative) };
}
