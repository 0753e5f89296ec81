import type { RegretData } from './pictures/regret.js';

/** What is known of the rewards of arms: how many requests each had by a moment. */
export interface Pulls {
  readonly at: number;
  readonly exposed: Readonly<Record<string, number>>;
}

/**
 * Cumulative regret by the means in the end: pulls of each arm times what it gives less than the best one (Lattimore and Szepesvári,
 * Bandit Algorithms, 2020, lemma 4.5). Estimated means stand for the true ones, so that it is a little too large while arms are alike.
 */
export function regretOf(
  pulls: readonly Pulls[],
  means: Readonly<Record<string, number>>,
  better: 'higher' | 'lower' = 'higher',
): RegretData['points'] {
  const arms = Object.keys(means);
  const sign = better === 'higher' ? 1 : -1;
  const best = Math.max(...Object.values(means).map((mean) => sign * mean));
  const gaps = arms.map((arm) => best - sign * (means[arm] as number));
  const gapOfEqual = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  return pulls.map(({ at, exposed }) => {
    const counts = arms.map((arm) => exposed[arm] ?? 0);
    const all = counts.reduce((sum, n) => sum + n, 0);
    const regret = counts.reduce((sum, n, index) => sum + n * (gaps[index] as number), 0);
    return { at, regret, even: all * gapOfEqual };
  });
}
