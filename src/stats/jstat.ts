import library from 'jstat';

// Where jstat 1.9.6 agrees with a double integral to 1e-9. Outside, its fixed nodes are too few: at 2 degrees of freedom it
// is off by 6e-4, with 20 groups by 4e-7, from 5000 degrees of freedom on by 1e-8.
const groupsMax = 5;
const dfMin = 10;
const dfMax = 2000;

/**
 * P(Q <= q) of the studentised range by jstat, or undefined where it was not found accurate.
 *
 * It is the only thing asked of jstat. Its other distributions give 0 for p-values below 1e-16, are rounded to 1e-10, or
 * leave [0, 1] where A/B tests live (df over 1e5, beta parameters over 1e4, more than 1,000 trials), and its generator is
 * shared by the whole process.
 */
export function jstatRangeCdf(q: number, groups: number, df: number): number | undefined {
  if (!(groups <= groupsMax && df >= dfMin && df <= dfMax)) return undefined;
  const value = library.jStat.tukey.cdf(q, groups, df);
  // Near 1 it is 1 minus a small number that it does not know; near 0 its nodes are too few.
  return value > 1e-3 && value < 0.999 ? value : undefined;
}
