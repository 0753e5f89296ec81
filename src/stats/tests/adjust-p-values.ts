import { need, needProbability } from '../domain.js';

/** How p-values of several tests are corrected. The first four hold the chance of any false alarm, BH and BY their share. */
export type Adjustment = 'bonferroni' | 'holm' | 'hochberg' | 'hommel' | 'BH' | 'BY';

/** Running minima from the end, or with `max` maxima from the start, of values in the order of their p-values. */
function running(values: readonly number[], max: boolean): number[] {
  const out = [...values];
  if (max) for (let i = 1; i < out.length; i += 1) out[i] = Math.max(out[i - 1] as number, out[i] as number);
  else for (let i = out.length - 2; i >= 0; i -= 1) out[i] = Math.min(out[i + 1] as number, out[i] as number);
  return out;
}

/** Hommel's procedure (1988) in the form of adjusted p-values (S. P. Wright, Biometrics 48, 1992). */
function hommel(p: readonly number[]): number[] {
  const n = p.length;
  const adjusted = Array<number>(n).fill(0);
  for (let m = n; m >= 2; m -= 1) {
    let least = Infinity;
    for (let i = 0; i < m; i += 1) least = Math.min(least, (m * (p[n - m + i] as number)) / (i + 1));
    for (let i = 0; i < n; i += 1) {
      const bound = i >= n - m ? least : Math.min(least, m * (p[i] as number));
      adjusted[i] = Math.max(adjusted[i] as number, bound);
    }
  }
  return adjusted.map((value, i) => Math.max(value, p[i] as number));
}

function adjustSorted(p: readonly number[], method: Adjustment): number[] {
  const n = p.length;
  switch (method) {
    case 'bonferroni':
      return p.map((value) => value * n);
    case 'holm':
      return running(
        p.map((value, i) => value * (n - i)),
        true,
      );
    case 'hochberg':
      return running(
        p.map((value, i) => value * (n - i)),
        false,
      );
    case 'hommel':
      return hommel(p);
    case 'BH':
    case 'BY': {
      const harmonic = method === 'BH' ? 1 : p.reduce((sum, _, i) => sum + 1 / (i + 1), 0);
      return running(
        p.map((value, i) => (harmonic * value * n) / (i + 1)),
        false,
      );
    }
    default:
      need(false, 'adjustPValues', 'method', "'bonferroni', 'holm', 'hochberg', 'hommel', 'BH' or 'BY'", method);
  }
}

/**
 * P-values of several tests, corrected so that each can be compared with alpha by itself, in the order given.
 *
 * Holm (1979) is never worse than Bonferroni; Hochberg (1988) and Hommel (1988) want independent or positively dependent
 * tests, as BH (Benjamini and Hochberg, 1995) does; BY (Benjamini and Yekutieli, 2001) wants nothing. At most 10,000.
 */
export function adjustPValues(p: readonly number[], method: Adjustment): number[] {
  need(Array.isArray(p) && p.length <= 10_000, 'adjustPValues', 'p', 'a list of at most 10,000 p-values', p);
  p.forEach((value, index) => needProbability('adjustPValues', `p[${index}]`, value));
  const order = p.map((_, index) => index).sort((i, j) => (p[i] as number) - (p[j] as number));
  const sorted = adjustSorted(
    order.map((index) => p[index] as number),
    method,
  );
  const out = Array<number>(p.length).fill(1);
  order.forEach((index, rank) => {
    out[index] = Math.min(1, sorted[rank] as number);
  });
  return out;
}
