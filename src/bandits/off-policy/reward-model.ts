import { own } from '../../core/json.js';
import { need } from '../../stats/domain.js';
import {
  addLinearSums,
  dot,
  emptyLinearSums,
  fitLinear,
  type LinearFit,
  observeLinear,
  type LinearSums,
} from '../contextual/linear-sums.js';
import type { LoggedRow, RewardModel } from './rows.js';

/** Options of the reward model. */
export interface CrossFitOptions<C> {
  /** The features of a context. Default: none, so that the model is each arm's mean. */
  readonly features?: (context: C) => readonly number[];
  /** Into how many parts the rows are divided, 2 to 100. Default 5. */
  readonly folds?: number;
  /** What holds the coefficients to 0. Default 1. */
  readonly ridge?: number;
}

/**
 * A linear model of the reward for each arm, cross-fitted: a row is predicted by what was learnt from the other parts, so that no row
 * speaks for itself and the doubly robust estimate stays unbiased (Chernozhukov and others 2018). Rows of one unit stay in one part.
 * An arm without rows is predicted to earn 0.
 */
export function crossFitted<C>(rows: readonly LoggedRow<C>[], options: CrossFitOptions<C> = {}): RewardModel<C> {
  const { features = () => [1], folds = 5, ridge = 1 } = options;
  const isCount = Number.isInteger(folds) && folds >= 2 && folds <= 100;
  need(isCount, 'crossFitted', 'folds', 'a whole number from 2 to 100', folds);
  const parts = foldsOf(rows, folds);
  const arms = [...new Set(rows.map(({ arm }) => arm))];
  const dimension = rows.length > 0 ? features((rows[0] as LoggedRow<C>).context).length : 1;
  const vectors = rows.map(({ context }) => features(context));
  const sums = Array.from({ length: folds }, () => new Map(arms.map((arm) => [arm, emptyLinearSums(dimension)])));
  rows.forEach(({ arm, reward }, index) => {
    const part = sums[parts[index] as number] as Map<string, LinearSums>;
    part.set(arm, observeLinear(part.get(arm) as LinearSums, vectors[index] as readonly number[], reward));
  });
  const fits = sums.map(
    (_, left): Readonly<Record<string, LinearFit>> =>
      Object.fromEntries(
        arms.map((arm) => {
          const others = sums.filter((_part, index) => index !== left).map((part) => part.get(arm) as LinearSums);
          return [arm, fitLinear(others.reduce(addLinearSums), ridge)];
        }),
      ),
  );
  return (_, index, arm) => {
    const fit = own(fits[parts[index] as number] ?? {}, arm);
    return fit === undefined ? 0 : dot(fit.theta, vectors[index] as readonly number[]);
  };
}

function foldsOf<C>(rows: readonly LoggedRow<C>[], folds: number): readonly number[] {
  const known = new Map<string | number, number>();
  return rows.map(({ unit }, index) => {
    const key = unit ?? index;
    const fold = known.get(key) ?? known.size % folds;
    known.set(key, fold);
    return fold;
  });
}
