import { need } from '../domain.js';
import { incompleteGamma } from '../special/incomplete-gamma.js';
import { ranksOf } from './ranks.js';
import { degenerate, fromLog, type TestResult } from './result.js';
import { needValues } from './sample.js';

/**
 * Whether values tend to differ between two or more groups, by their ranks (Kruskal and Wallis, 1952): the rank test of
 * more than two arms, corrected for ties. H is compared with chi-square, which wants about five values per group.
 */
export function kruskalWallisTest({ groups }: { readonly groups: readonly (readonly number[])[] }): TestResult {
  const where = 'kruskalWallisTest';
  const method = 'Kruskal-Wallis';
  need(Array.isArray(groups) && groups.length <= 1000, where, 'groups', 'a list of at most 1000 groups', groups);
  groups.forEach((group, index) => needValues(where, `groups[${index}]`, group));
  const filled = groups.filter((group) => group.length > 0);
  const values = filled.flat();
  const n = values.length;
  if (filled.length < 2) return degenerate(method, 'no-data');
  const { ranks, tieTerm } = ranksOf(values);
  const correction = 1 - tieTerm / (n * (n * n - 1));
  if (!(correction > 0)) return degenerate(method, 'no-variance', { statistic: 0, df: filled.length - 1 });
  let [sum, start] = [0, 0];
  for (const group of filled) {
    const end = start + group.length;
    const meanRank = ranks.slice(start, end).reduce((total, rank) => total + rank, 0) / group.length;
    sum += group.length * (meanRank - (n + 1) / 2) ** 2;
    start = end;
  }
  const statistic = ((12 / (n * (n + 1))) * sum) / correction;
  const df = filled.length - 1;
  const { logUpper } = incompleteGamma(df / 2, statistic / 2);
  return { method, statistic, ...fromLog(logUpper), estimate: null, interval: null, df };
}
