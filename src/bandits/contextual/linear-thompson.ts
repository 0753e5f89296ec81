import { seededRng } from '../../core/rng.js';
import { normal } from '../../stats/distributions/normal.js';
import { need, needPositive } from '../../stats/domain.js';
import { dot, type LinearFit, solveDraw } from './linear-sums.js';
import { type ContextualPolicy, greatestOf, type LinearOptions, linearPolicy } from './policy.js';

/** Options of linear Thompson sampling. */
export interface LinearThompsonOptions extends LinearOptions {
  /** The standard deviation of a reward, given the context. Default 0.5, the greatest for rewards in [0, 1]. */
  readonly sd?: number;
  /** How many draws of the coefficients the weights are taken from, 1 to 1000. Default 64. */
  readonly draws?: number;
}

/**
 * Every arm as often as it is likely to be the best one here (Agrawal and Goyal 2013). Coefficients are drawn once per fit, from the
 * seed; the weight of an arm is the part of the draws in which it is best for the context. So the propensity is exact, whatever
 * the number of draws, and equal on every replica.
 */
export function linearThompson(options: LinearThompsonOptions = {}): ContextualPolicy {
  const { sd = 0.5, draws = 64, ridge = 1 } = options;
  needPositive('linearThompson', 'sd', sd);
  const fits = Number.isInteger(draws) && draws >= 1 && draws <= 1000;
  need(fits, 'linearThompson', 'draws', 'a whole number from 1 to 1000', draws);
  return linearPolicy('linear-thompson', ridge, (arms, seed) => {
    const rng = seededRng(seed);
    const drawnThetas = Array.from({ length: draws }, () =>
      arms.map((arm) => drawTheta(arm, sd, () => normal.sample(rng))),
    );
    const scores = new Float64Array(arms.length);
    const best = new Float64Array(arms.length);
    return (x, out) => {
      out.fill(0);
      for (const thetas of drawnThetas) {
        thetas.forEach((theta, arm) => (scores[arm] = dot(theta, x)));
        greatestOf(scores, best);
        for (let arm = 0; arm < best.length; arm += 1) {
          out[arm] = (out[arm] as number) + (best[arm] as number) / draws;
        }
      }
    };
  });
}

function drawTheta(fit: LinearFit, sd: number, standard: () => number): Float64Array {
  const noise = solveDraw(fit, Float64Array.from(fit.theta, standard));
  return fit.theta.map((mean, i) => mean + sd * (noise[i] as number));
}
