import { drawArm } from '../../../src/bandits/evidence.js';
import type { LoggedRow, TargetPolicy } from '../../../src/bandits/index.js';
import { type Rng, seededRng } from '../../../src/core/rng.js';

export interface Visit {
  readonly age: number;
}
export type Row = LoggedRow<Visit>;

export const arms = ['a', 'b', 'c'] as const;
/** The chance of a reward of 1, by age 0, 1 or 2 and arm. */
const rates = [
  [0.1, 0.3, 0.5],
  [0.4, 0.2, 0.3],
  [0.6, 0.6, 0.1],
] as const;
/** How the log was made: each arm with a chance of its own, never 0. */
const logging = [
  [0.6, 0.3, 0.1],
  [0.2, 0.5, 0.3],
  [1 / 3, 1 / 3, 1 / 3],
] as const;

export const rateOf = (age: number, arm: string): number => rates[age]?.[arms.indexOf(arm as 'a')] ?? 0;

/** A policy of interest: uncertain in one context, sure in the others. */
export const target: TargetPolicy<Visit> = ({ age }) =>
  ([{ b: 0.5, c: 0.5 }, { a: 1 }, { a: 0.2, b: 0.8 }] as const)[age] ?? { a: 1 };

/** What it earns: ages are equally frequent. */
export const truth = (0.5 * 0.3 + 0.5 * 0.5 + 0.4 + 0.6) / 3;

/** A log of so many rows by the chances above, or by equal ones. */
export function logOf(count: number, seed: number, uniform = false): readonly Row[] {
  const rng: Rng = seededRng(seed);
  return Array.from({ length: count }, () => {
    const age = Math.floor(rng.next() * 3);
    const chances = uniform ? [1 / 3, 1 / 3, 1 / 3] : (logging[age] as readonly number[]);
    const index = drawArm(chances, rng);
    const arm = arms[index] as string;
    return {
      context: { age },
      arm,
      propensity: chances[index] as number,
      reward: rng.next() < rateOf(age, arm) ? 1 : 0,
    };
  });
}
