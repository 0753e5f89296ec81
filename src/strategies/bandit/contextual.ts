import type { LinearSums } from '../../bandits/contextual/linear-sums.js';
import { addLinearSums, emptyLinearSums } from '../../bandits/contextual/linear-sums.js';
import { withFloor, withMinimum } from '../../bandits/floor.js';
import { featuresOf } from '../../bandits/contextual/moments.js';
import type { Context } from '../../core/context.js';
import { own as ownValue } from '../../core/json.js';
import type { Choose } from '../../plan/plan.js';
import { strataOf } from '../attempt.js';
import type { View } from '../strategy.js';
import type { BanditSetup, ContextualOptions } from './options.js';
import { rewardOf } from './rewards.js';
import type { BanditArm, BanditFit, BanditState } from './state.js';

/** The sums of each arm, less is better turned round, old ones faded by the end of their time bucket. */
export function linearSumsIn(
  setup: BanditSetup,
  { moments }: ContextualOptions,
  state: BanditState,
  arms: readonly BanditArm[],
  view: View,
): readonly LinearSums[] {
  const sign = rewardOf(setup, view)?.better === 'lower' ? -1 : 1;
  const strata = strataOf(view, state);
  return arms.map(({ name, firstEpoch }) =>
    strata.reduce((total, { epoch, to, cells }) => {
      const weight = epoch >= firstEpoch ? weightOf(setup, view.now - to) : 0;
      const cell = ownValue(cells, name);
      if (cell === undefined || !(weight > 0)) return total;
      const { n, xx, xr } = moments.sumsIn(cell.metrics);
      return addLinearSums(total, {
        n: weight * n,
        xx: xx.map((value) => weight * value),
        xr: xr.map((value) => sign * weight * value),
      });
    }, emptyLinearSums(moments.dimension)),
  );
}

function weightOf({ halfLifeMs, windowMs = Infinity }: BanditSetup, ageMs: number): number {
  const age = Math.max(0, ageMs);
  if (!(age <= windowMs)) return 0;
  return halfLifeMs === undefined ? 1 : 2 ** (-age / halfLifeMs);
}

/** A fit to this evidence. Its one number of chance comes from the view, so that every replica draws the same. */
export function fitOf(sums: readonly LinearSums[], view: View): BanditFit {
  return { sums: sums.map((arm) => ({ ...arm, n: Math.round(arm.n) })), seed: Math.floor(view.rng.next() * 2 ** 32) };
}

/** The plan node's policy: equal shares before the first fit, then the fitted weights with the minimum and the floor. */
export function choicePolicy(
  { minExploration, floor }: BanditSetup,
  { moments, policy }: ContextualOptions,
  { fit, arms }: BanditState,
): Choose<string>['policy'] {
  const count = arms.length;
  if (fit === null) return { weights: (_, out) => void out.fill(1 / count) };
  const weigh = policy.fit(fit.sums, fit.seed);
  const counts = fit.sums.map(({ n }) => n);
  return {
    weights(context: Context, out: Float64Array) {
      weigh(featuresOf(moments, context), out);
      out.set(withFloor(withMinimum(out, counts, minExploration), floor));
    },
  };
}
