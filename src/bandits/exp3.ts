import { need } from '../stats/domain.js';
import { type Policy, policyOf, pullsOf } from './evidence.js';
import { softmaxOf } from './softmax.js';

/** Options of EXP3. */
export interface Exp3Options {
  /** The part of the decisions that are spread equally, over 0. Default: by the horizon. */
  readonly gamma?: number;
  /** The number of decisions that there will be. Default: the number so far. */
  readonly horizon?: number;
}

/**
 * For rewards that an adversary may choose: EXP3 of Auer, Cesa-Bianchi, Freund and Schapire (2002). Weights are
 * (1 - gamma) softmax(gamma G / K) + gamma / K, where G is each arm's `gain`, the sum of reward / propensity; gamma defaults to their
 * min(1, sqrt(K ln K / ((e - 1) horizon))). Where rewards are not adversarial every other policy loses less.
 */
export function exp3(options: Exp3Options = {}): Policy {
  const { gamma, horizon } = options;
  if (gamma !== undefined) need(gamma > 0 && gamma <= 1, 'exp3', 'gamma', 'a number in (0, 1]', gamma);
  if (horizon !== undefined)
    need(horizon >= 1 && horizon < Infinity, 'exp3', 'horizon', 'a number, 1 or more', horizon);
  return policyOf('exp3', ({ arms }) => {
    const count = arms.length;
    const over = horizon ?? Math.max(1, pullsOf(arms));
    const mixed = gamma ?? Math.min(1, Math.sqrt((count * Math.log(count)) / ((Math.E - 1) * over)));
    const shares = softmaxOf(arms.map(({ gain = 0 }) => (mixed * gain) / count));
    return shares.map((share) => (1 - mixed) * share + mixed / count);
  });
}
