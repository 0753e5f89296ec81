import type { ArmEvidence, Policy } from '../../src/bandits/index.js';
import { drawArm } from '../../src/bandits/evidence.js';
import type { Rng } from '../../src/core/rng.js';
import type { Environment } from './environments.js';

interface Sums {
  n: number;
  sum: number;
  sumSq: number;
  gain: number;
}

/**
 * What one run of a policy loses against the best arm. With a `batch` of 1 it sees every reward before the next decision; with more its weights
 * (or for Thompson its posterior) are held for as many decisions. `weighted` policies are asked for weights, since EXP3 needs the propensity.
 */
export function regretOf(policy: Policy, { means, horizon }: Environment, rng: Rng, batch = 1, floor = 0): number {
  const arms: Sums[] = means.map(() => ({ n: 0, sum: 0, sumSq: 0, gain: 0 }));
  const best = Math.max(...means);
  const byWeights = policy.name === 'exp3' || batch > 1;
  let regret = 0;
  for (let done = 0; done < horizon; ) {
    const evidence = { arms: arms as readonly ArmEvidence[], batch };
    const held = Math.min(batch, horizon - done);
    const shares = byWeights ? policy.weights(evidence) : undefined;
    const weights = shares?.map((share) => floor + (1 - floor * means.length) * share);
    const drawn: number[] = [];
    for (let i = 0; i < held; i += 1) drawn.push(weights ? drawArm(weights, rng) : policy.choose(evidence, rng));
    for (const arm of drawn) {
      const mean = means[arm] as number;
      const sums = arms[arm] as Sums;
      regret += best - mean;
      sums.n += 1;
      if (!(rng.next() < mean)) continue;
      sums.sum += 1;
      sums.sumSq += 1;
      sums.gain += 1 / (weights?.[arm] ?? 1);
    }
    done += held;
  }
  return regret;
}

/** The mean over runs, each with a seed of its own, and its standard error. */
export function meanAndError(values: readonly number[]): { readonly mean: number; readonly error: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const spread = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, error: Math.sqrt(spread / (values.length - 1) / values.length) };
}
