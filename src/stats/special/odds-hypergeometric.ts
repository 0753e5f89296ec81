/** The count in the first cell of a 2 x 2 table whose margins are fixed: `n` drawn from K successes and N - K failures. */
export interface Margins {
  readonly N: number;
  readonly K: number;
  readonly n: number;
}

/** The mean of the count, and the probabilities of at most and at least k, under an odds ratio. */
export interface OddsMoments {
  readonly mean: number;
  readonly atMost: number;
  readonly atLeast: number;
}

/**
 * Fisher's noncentral hypergeometric distribution at `odds` (over 0), by sums from its mode outward: some twenty standard
 * deviations of terms, each from the last by a ratio, so that no factorial is needed and nothing overflows.
 */
export function oddsMoments({ N, K, n }: Margins, odds: number, k: number): OddsMoments {
  const [least, most] = [Math.max(0, n - (N - K)), Math.min(K, n)];
  const rest = N - K - n;
  /** P(j + 1) / P(j). */
  const ratio = (j: number): number => (((K - j) / (j + 1)) * (n - j) * odds) / (rest + j + 1);
  let [low, high] = [least, most];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (ratio(middle) >= 1) low = middle + 1;
    else high = middle;
  }
  const mode = low;
  let [total, first, below, above] = [0, 0, 0, 0];
  const add = (j: number, mass: number): void => {
    total += mass;
    first += mass * (j - mode);
    if (j <= k) below += mass;
    if (j >= k) above += mass;
  };
  add(mode, 1);
  for (let j = mode, mass = 1; j < most && mass > 1e-20; j += 1) add(j + 1, (mass *= ratio(j)));
  for (let j = mode, mass = 1; j > least && mass > 1e-20; j -= 1) add(j - 1, (mass /= ratio(j - 1)));
  return { mean: mode + first / total, atMost: below / total, atLeast: above / total };
}
