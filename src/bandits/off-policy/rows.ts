import { TurnoutError } from '../../core/errors.js';
import { need } from '../../stats/domain.js';

/** One decision that was logged, and what came of it. */
export interface LoggedRow<C = unknown> {
  readonly context: C;
  readonly arm: string;
  /** The chance that this arm had, given the context: over 0. */
  readonly propensity: number;
  readonly reward: number;
  /** Rows of one unit are not independent: with a unit they are taken together. */
  readonly unit?: string;
}

/** The policy in question: the chances that it would give the arms in a context, by name. They sum to 1. */
export type TargetPolicy<C = unknown> = (context: C) => Readonly<Record<string, number>>;

/** A model of the reward, which must not be made from the row that it predicts: see `crossFitted`. */
export type RewardModel<C = unknown> = (row: LoggedRow<C>, index: number, arm: string) => number;

/** A row as the estimators see it. */
export interface WeighedRow<C> {
  readonly row: LoggedRow<C>;
  readonly index: number;
  /** The target's chances in the row's context. */
  readonly chances: ReadonlyMap<string, number>;
  /** How much more often than the log the target would have done what was done: its chance over the propensity. */
  readonly weight: number;
}

const sumTolerance = 1e-6;

/** Throws `domain` for a row or a target that means nothing; a wrong propensity would make every estimate wrong. */
export function weighRows<C>(
  where: string,
  rows: readonly LoggedRow<C>[],
  target: TargetPolicy<C>,
): readonly WeighedRow<C>[] {
  return rows.map((row, index) => {
    const { arm, propensity, reward, context } = row;
    need(propensity > 0 && propensity <= 1, where, `rows[${index}].propensity`, 'a number in (0, 1]', propensity);
    need(Number.isFinite(reward), where, `rows[${index}].reward`, 'a finite number', reward);
    const chances = new Map(Object.entries(target(context)));
    let sum = 0;
    for (const [name, chance] of chances) {
      need(chance >= 0 && chance <= 1, where, `target: the chance of '${name}'`, 'a number in [0, 1]', chance);
      sum += chance;
    }
    if (!(Math.abs(sum - 1) <= sumTolerance)) {
      throw new TurnoutError('domain', `${where}: the target's chances must sum to 1 (was ${sum}, rows[${index}]).`);
    }
    return { row, index, chances, weight: (chances.get(arm) ?? 0) / propensity };
  });
}

/** What the target earns in the row's context if the model is right. */
export function expectedReward<C>({ row, index, chances }: WeighedRow<C>, model: RewardModel<C>): number {
  let sum = 0;
  for (const [arm, chance] of chances) if (chance > 0) sum += chance * model(row, index, arm);
  return sum;
}
