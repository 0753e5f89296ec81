import { measureOf, isMature, type Measure, sumsOf } from '../../analysis/measure.js';
import {
  type RewardEvidence,
  rewardEvidence,
  type RewardStratum,
  type RewardSums,
} from '../../bandits/reward-evidence.js';
import { own as ownValue } from '../../core/json.js';
import { emptyCell } from '../../evidence/cell.js';
import type { Cell, Stratum } from '../../evidence/stratum.js';
import { middleOf, type SketchJson } from '../../stats/sketch-json.js';
import { strataOf } from '../attempt.js';
import type { View } from '../strategy.js';
import type { BanditSetup } from './options.js';
import type { BanditArm, BanditState } from './state.js';

/** The reward as it is measured; `undefined` where nothing can be learnt from it. */
export function rewardOf({ reward }: BanditSetup, view: View): Measure | undefined {
  const measure = measureOf(view.metrics, reward);
  return measure?.ratio ? undefined : measure;
}

/** Why nothing can be learnt. The mean of a ratio's numerators is not the ratio, and its policies' chances would be of the wrong thing. */
export function rewardProblem({ reward }: BanditSetup, view: View): string {
  if (measureOf(view.metrics, reward) === undefined) return `there is no metric '${reward}'`;
  return `'${reward}' is a ratio() metric, and a bandit learns from means: report a binary() or continuous() one, such as clicks per unit`;
}

/**
 * What is known of every arm. Shares are constant within an epoch, so the time buckets of one are as good as a single one; those whose
 * windows are still open are left out, since there a reward that has not come yet looks like none.
 */
export function evidenceIn(setup: BanditSetup, state: BanditState, view: View, measure: Measure): RewardEvidence {
  const epochs = new Map<number, Stratum[]>();
  for (const stratum of strataOf(view, state)) {
    if (!isMature(stratum, measure, view.now)) continue;
    const known = epochs.get(stratum.epoch);
    if (known === undefined) epochs.set(stratum.epoch, [stratum]);
    else known.push(stratum);
  }
  const strata = [...epochs.values()].map((epoch) => rewardStratum(epoch, state.arms, measure));
  const range = rangeOf(measure);
  const { halfLifeMs, windowMs } = setup;
  const seen = strata.reduce((sum, { arms }) => sum + arms.reduce((total, { n }) => total + n, 0), 0);
  return rewardEvidence(strata, state.arms.length, {
    better: measure.better,
    now: view.now,
    batch: Math.max(1, (seen / Math.max(1, view.now - state.startedAt)) * batchLength(setup, state, view.now)),
    ...(range !== undefined && { range }),
    ...(halfLifeMs !== undefined && { halfLifeMs }),
    ...(windowMs !== undefined && { windowMs }),
  });
}

/**
 * How long the shares stay, at least. Evidence is kept of 64 epochs, so where rewards must not fade a batch lasts an eighth of the
 * attempt so far: 60 epochs then reach over thousands of batches, and the loss is small, since new rewards add little to many.
 */
export function batchLength(setup: BanditSetup, { startedAt }: BanditState, now: number): number {
  const { batchMs, halfLifeMs, windowMs, contextual } = setup;
  if (contextual !== undefined || halfLifeMs !== undefined || windowMs !== undefined) return batchMs;
  return Math.max(batchMs, (now - startedAt) / 8);
}

function rewardStratum(epoch: readonly Stratum[], arms: readonly BanditArm[], measure: Measure): RewardStratum {
  const [first] = epoch as readonly [Stratum];
  const takesPart = ({ firstEpoch }: BanditArm) => first.epoch >= firstEpoch;
  return {
    at: epoch.reduce((end, { to }) => Math.max(end, to), 0),
    shares: arms.map((arm) => (takesPart(arm) ? Math.min(1, Math.max(0, ownValue(first.shares, arm.name) ?? 0)) : 0)),
    arms: arms.map((arm) =>
      epoch.reduce(
        (total, { cells }) =>
          takesPart(arm) ? plus(total, valuesOf(measure, ownValue(cells, arm.name) ?? emptyCell)) : total,
        { n: 0, sum: 0, sumSq: 0 },
      ),
    ),
  };
}

const plus = (a: RewardSums, b: RewardSums): RewardSums => ({
  n: a.n + b.n,
  sum: a.sum + b.sum,
  sumSq: a.sumSq + b.sumSq,
});

function valuesOf(measure: Measure, cell: Cell): RewardSums {
  return measure.type === 'latency' ? sketchSums(cell.latency) : sumsOf(measure, cell);
}

/** Sums of what a sketch holds, each value within 1 %. */
function sketchSums({ zero, positive, negative }: SketchJson): RewardSums {
  let sums: RewardSums = { n: zero, sum: 0, sumSq: 0 };
  for (const [list, sign] of [
    [positive, 1],
    [negative, -1],
  ] as const) {
    for (const [bucket, n] of list) {
      const value = sign * middleOf(bucket);
      sums = plus(sums, { n, sum: n * value, sumSq: n * value * value });
    }
  }
  return sums;
}

function rangeOf({ type, cap }: Measure): readonly [number, number] | undefined {
  if (type === 'binary') return [0, 1];
  return type === 'continuous' && cap !== undefined ? [0, cap] : undefined;
}
