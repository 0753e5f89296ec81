import { needPositive } from '../../stats/domain.js';
import { dot } from './linear-sums.js';
import { type ContextualPolicy, type LinearOptions, linearPolicy } from './policy.js';

/**
 * The worse an arm is estimated to be, the less often it is chosen: 1 / (K + gamma gap), and the best one gets the rest (Abe and Long 1999;
 * SquareCB of Foster and Rakhlin 2020). Gamma is `greed` (default 1) times sqrt(K n / d), so that exploration fades as n
 * rewards come in. Every propensity is over 0 without any floor. Rewards are taken to be about as wide as [0, 1].
 */
export function inverseGapWeighting(options: LinearOptions & { readonly greed?: number } = {}): ContextualPolicy {
  const { greed = 1, ridge = 1 } = options;
  needPositive('inverseGapWeighting', 'greed', greed);
  return linearPolicy('inverse-gap', ridge, (fits) => {
    const count = fits.length;
    const n = fits.reduce((sum, fit) => sum + fit.n, 0);
    const gamma = greed * Math.sqrt((count * n) / (fits[0]?.theta.length ?? 1));
    return (x, out) => {
      let best = 0;
      fits.forEach(({ theta }, arm) => {
        out[arm] = dot(theta, x);
        if ((out[arm] as number) > (out[best] as number)) best = arm;
      });
      const greatest = out[best] as number;
      let rest = 1;
      for (let arm = 0; arm < count; arm += 1) {
        if (arm === best) continue;
        out[arm] = 1 / (count + gamma * (greatest - (out[arm] as number)));
        rest -= out[arm] as number;
      }
      out[best] = rest;
    };
  });
}
