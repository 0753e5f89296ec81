import {
  type ArmEvidence,
  type BanditEvidence,
  drawArm,
  meanOf,
  needEvidence,
  type Policy,
  pullsOf,
  shareGreatest,
  untriedShares,
} from './evidence.js';
import type { Rng } from '../core/rng.js';

/** How good an arm might be, given its mean, its variance and its n of `t` pulls of `arms` arms. */
export type ArmIndex = (
  arm: { readonly n: number; readonly mean: number; readonly variance: number },
  t: number,
  arms: number,
) => number;

/** Batches are gone through in at most so many steps: the weights are then right to about half a per cent. */
const stepsMax = 200;

/**
 * A policy that would always choose the arm of the greatest index. Weights are the shares of a batch that it would give each arm if rewards
 * came at their means: with a batch of 1 that is the classical rule, and with a long one the counts that grow lower the index of
 * what is chosen, so the batch is spread as the decisions one by one would have been. Untried arms come first.
 */
export function indexPolicy(name: string, index: ArmIndex): Policy {
  const weights = (evidence: BanditEvidence): readonly number[] => {
    needEvidence(name, evidence);
    const { arms, batch = 1 } = evidence;
    if (!(batch > 1)) return untriedShares(arms) ?? shareGreatest(indicesOf(arms.map(stateOf), pullsOf(arms), index));
    return overBatch(arms, batch, index);
  };
  const choose = (evidence: BanditEvidence, rng: Rng): number => drawArm(weights(evidence), rng);
  return Object.freeze({ name, weights, choose });
}

interface IndexState {
  n: number;
  readonly mean: number;
  readonly variance: number;
}

function stateOf(arm: ArmEvidence): IndexState {
  const mean = meanOf(arm);
  return { n: arm.n, mean, variance: arm.n > 0 ? Math.max(0, arm.sumSq / arm.n - mean * mean) : 0.25 };
}

function indicesOf(states: readonly IndexState[], t: number, index: ArmIndex): number[] {
  return states.map((state) => (state.n > 0 ? index(state, t, states.length) : Infinity));
}

function overBatch(arms: readonly ArmEvidence[], batch: number, index: ArmIndex): number[] {
  const tried = arms.filter(({ n }) => n > 0).map(meanOf);
  // Of an untried arm nothing is known: it is taken to be as good as the best, so that it gets a fair part of the batch, not all of it.
  const hope = tried.length > 0 ? Math.max(...tried) : 0.5;
  const states = arms.map((arm) => (arm.n > 0 ? stateOf(arm) : { ...stateOf(arm), mean: hope }));
  const steps = Math.max(1, Math.min(stepsMax, Math.floor(batch)));
  const size = batch / steps;
  const shares = arms.map(() => 0);
  let t = pullsOf(arms);
  for (let step = 0; step < steps; step += 1) {
    shareGreatest(indicesOf(states, t, index)).forEach((part, arm) => {
      (states[arm] as IndexState).n += part * size;
      shares[arm] = (shares[arm] as number) + part;
    });
    t += size;
  }
  return shares.map((share) => share / steps);
}
