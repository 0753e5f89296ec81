import { describe, expect, it } from 'vitest';
import { environments, published } from '../../bench/regret/environments.js';
import { meanAndError, regretOf } from '../../bench/regret/play.js';
import { epsilonGreedy, exp3, klUcb, moss, type Policy, thompson, ucb1, ucb1Tuned } from '../../src/bandits/index.js';
import { seededRng } from '../../src/core/rng.js';

// A few policies and runs, so that it takes seconds; `npm run regret` plays all of them in all environments.

const environment = (name: string) => environments.find((one) => one.name === name) ?? environments[0];
const runs = (policy: Policy, name: string, count: number) =>
  meanAndError(
    Array.from({ length: count }, (_, run) =>
      regretOf(policy, environment(name) as (typeof environments)[number], seededRng(1000 + run)),
    ),
  );

describe('what a policy loses, against a reference that was written for itself in another language', () => {
  it.each([
    ['eps-greedy', epsilonGreedy(), 'A', 150],
    ['ucb1', ucb1(), 'A', 100],
    ['ucb1-tuned', ucb1Tuned(), 'A', 150],
    ['moss', moss({ horizon: 5000 }), 'A', 150],
    ['kl-ucb', klUcb(), 'A', 150],
    ['kl-ucb c=3', klUcb({ c: 3 }), 'A', 100],
    ['thompson', thompson(), 'A', 100],
    ['exp3', exp3({ horizon: 5000 }), 'A', 60],
    ['ucb1-tuned', ucb1Tuned(), 'F', 100],
  ] as const)('%s, environment of %j', (row, policy, name, count) => {
    const { mean, error } = runs(policy, name, count);
    const [expected, itsError] = published[row]?.[name] ?? [Number.NaN, Number.NaN];
    expect(Math.abs(mean - expected)).toBeLessThanOrEqual(4 * Math.hypot(error, itsError));
  });
});
