import { need, needPositive, needProbability } from '../stats/domain.js';
import { meanOf, type Policy, policyOf, pullsOf, shareGreatest, untriedShares } from './evidence.js';

/** Options of epsilon-greedy. */
export interface EpsilonGreedyOptions {
  /** The chance of an arm at random, the best one included. Default 0.1. */
  readonly epsilon?: number;
  /** After so many rewards epsilon is half of it, and falls on like 1 / t. Default: it never falls. */
  readonly halvedAfter?: number;
}

/**
 * The best mean so far, and with the chance `epsilon` any arm (Sutton and Barto 1998). With `halvedAfter` the chance is
 * epsilon h / (h + t), the schedule of Auer, Cesa-Bianchi and Fischer (2002), whose regret grows like a logarithm. Untried arms share
 * what is not random.
 */
export function epsilonGreedy(options: EpsilonGreedyOptions = {}): Policy {
  const { epsilon = 0.1, halvedAfter = Infinity } = options;
  needProbability('epsilonGreedy', 'epsilon', epsilon);
  if (halvedAfter !== Infinity) needPositive('epsilonGreedy', 'halvedAfter', halvedAfter);
  need(!(epsilon === 0 && halvedAfter !== Infinity), 'epsilonGreedy', 'epsilon', 'over 0 with halvedAfter', epsilon);
  return policyOf('epsilon-greedy', ({ arms }) => {
    const random = halvedAfter === Infinity ? epsilon : epsilon / (1 + pullsOf(arms) / halvedAfter);
    const greedy = untriedShares(arms) ?? shareGreatest(arms.map(meanOf));
    return greedy.map((share) => (1 - random) * share + random / arms.length);
  });
}
