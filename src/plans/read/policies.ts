import { inverseGapWeighting } from '../../bandits/contextual/inverse-gap.js';
import { linUcb } from '../../bandits/contextual/lin-ucb.js';
import { linearThompson } from '../../bandits/contextual/linear-thompson.js';
import type { ContextualPolicy } from '../../bandits/contextual/policy.js';
import { epsilonGreedy } from '../../bandits/epsilon-greedy.js';
import type { Policy } from '../../bandits/evidence.js';
import { exp3 } from '../../bandits/exp3.js';
import { klUcb } from '../../bandits/kl-ucb.js';
import { moss } from '../../bandits/moss.js';
import { softmax } from '../../bandits/softmax.js';
import { thompson } from '../../bandits/thompson.js';
import { topTwoThompson } from '../../bandits/top-two.js';
import { ucb1, ucb1Tuned } from '../../bandits/ucb1.js';
import { type Comparator, exact, rankOverlap, setOverlap, withinTolerance } from '../../strategies/comparators.js';
import { contextualPolicyKeys, policyKeys } from '../schema/policies.js';
import { functionNamed, isNamed } from './names.js';
import { keysOf, oneOfKinds, type Reader } from './reading.js';

/** One of the policies, by the name of its function. */
export const policy: Reader = oneOfKinds<Policy>({
  key: 'kind',
  what: 'a policy, such as { "kind": "thompson" }',
  makers: {
    thompson,
    topTwoThompson,
    epsilonGreedy,
    softmax,
    ucb1: () => ucb1(),
    ucb1Tuned: () => ucb1Tuned(),
    klUcb,
    moss,
    exp3,
  },
  keys: policyKeys,
  instead: () => thompson(),
});

/** One of those that look at the context. */
export const contextualPolicy: Reader = oneOfKinds<ContextualPolicy>({
  key: 'kind',
  what: 'a contextual policy, such as { "kind": "linUcb" }',
  makers: { linUcb, linearThompson, inverseGapWeighting },
  keys: contextualPolicyKeys,
  instead: () => linUcb(),
});

const readComparator = oneOfKinds<Comparator>({
  key: 'kind',
  what: 'a comparator, such as { "kind": "exact" }',
  makers: { exact, withinTolerance, setOverlap, rankOverlap },
  instead: () => exact(),
});
const selecting = keysOf({ by: functionNamed });

/** One of the library's comparators, or a function by its name. */
export const comparator: Reader = (json, path, reading) =>
  isNamed(json) ? functionNamed(json, path, reading) : readComparator(selecting(json, path, reading), path, reading);
