import {
  ABTest,
  Bandit,
  Canary,
  FeatureFlag,
  Pipeline,
  Rolling,
  Shadow,
  betterThan,
  binary,
  continuous,
  maxErrorRate,
  maxMismatchRate,
  noWorseThan,
} from 'turnout';
import type { Fleet } from './fleet.js';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** What the shop measures. Shoppers think about it for up to a day, and most visits end without a purchase. */
export const metrics = {
  converted: binary({ windowMs: dayMs }),
  revenue: continuous({ per: 'exposure', windowMs: dayMs, cap: 100 }),
};

export interface PlanOptions {
  /** The fraction of the shoppers in the canary group. */
  readonly group: number;
  /** Where the recommender runs. */
  readonly fleet: Pick<Fleet, 'names' | 'update' | 'check'>;
  /** Whether a list can be shown as it is. */
  isSellable(list: unknown): boolean;
}

/** Five steps of the release plan, one after another. */
export function releaseSteps({ group, fleet, isSellable }: PlanOptions) {
  // One of each for all stages: harm is harm, whoever finds it.
  const guardrails = [maxErrorRate(0.01), noWorseThan('converted'), noWorseThan('revenue')];

  const stages = {
    // 1. The candidate answers beside the model in place, and nobody sees it. Two recommenders never agree, and need not: what is
    // compared is whether each of its lists could have been shown.
    shadow: new Shadow({
      primary: 'together',
      shadow: 'factors',
      share: 0.2,
      compare: ({ shadow }) => isSellable(shadow),
      guardrails: [maxErrorRate(0.01), maxMismatchRate(0.01)],
      until: { minAgeMs: 2 * dayMs, minOutcomes: 2000 },
    }),

    // 2. One shopper in twenty gets it: does it do harm?
    canary: new Canary({
      baseline: 'together',
      candidate: 'factors',
      stages: [{ share: group, minAgeMs: 7 * dayMs, minOutcomes: 500 }],
      guardrails,
    }),

    // 3. The same group is split in halves: is it better? All of them met the candidate before, so the halves differ in nothing
    // but what they get now.
    test: new Canary({
      baseline: 'together',
      candidate: new ABTest({
        arms: { old: 'together', fresh: 'factors' },
        primary: 'converted',
        secondary: ['revenue'],
        guardrails,
      }),
      stages: [{ share: group, hold: true }],
      guardrails,
    }),

    // 4. The servers get the new model one by one. Each is drained before, tried after, and must do well for an hour.
    rolling: new Rolling({
      from: 'together',
      to: 'factors',
      instances: fleet.names,
      maxUnavailable: 1,
      update: (order) => fleet.update(order),
      check: (order) => isSellable(fleet.check(order)),
      minReadyMs: hourMs,
      deadlineMs: hourMs,
      onFailure: 'reverse',
      guardrails,
    }),

    // 6. Which weight of the price earns most? A little more is found out with everybody, and costs little meanwhile.
    bandit: new Bandit({
      arms: { plain: 'factors', premium: 'premium', luxury: 'luxury' },
      baseline: 'plain',
      reward: 'revenue',
      floor: 0.1,
      batchMs: 12 * hourMs,
      freeze: 'winner',
    }),
  };

  const better = { gates: [betterThan('converted', { alpha: 0.025 })], arm: 'fresh', control: 'old' };
  return new Pipeline({
    stages,
    // The week is through, and the test inside the group has found the candidate better.
    leave: { test: { promoted: false, minAgeMs: 7 * dayMs, node: 'candidate', ...better } },
  });
}

/** The release plan: six steps, one of which, the flag, is there throughout. */
export function releasePlan(options: PlanOptions) {
  return new FeatureFlag({
    // 5. From the first day to the last: a switch that gives everybody the model in place, and a rule for who has opted out.
    off: 'together',
    on: releaseSteps(options),
    rules: [{ name: 'opted out', when: { eq: ['personal', false] }, use: 'best-sellers' }],
    owner: 'recommendations team',
    description: 'Recommendations by matrix factorisation',
  });
}
