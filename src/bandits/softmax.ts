import { needPositive } from '../stats/domain.js';
import { meanOf, type Policy, policyOf, untriedShares } from './evidence.js';

/** Shares in proportion to exp(score), without overflow. */
export function softmaxOf(scores: readonly number[]): number[] {
  const greatest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - greatest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/**
 * Chances in proportion to exp(mean / temperature) (Boltzmann exploration). The temperature is on the scale of rewards in [0, 1] and stays
 * what it is, so differences well below it are hardly acted on: default 0.1. Untried arms come first.
 */
export function softmax(options: { readonly temperature?: number } = {}): Policy {
  const { temperature = 0.1 } = options;
  needPositive('softmax', 'temperature', temperature);
  return policyOf(
    'softmax',
    ({ arms }) => untriedShares(arms) ?? softmaxOf(arms.map((arm) => meanOf(arm) / temperature)),
  );
}
