import { describe, it } from 'vitest';
import { inverseGapWeighting, linearThompson, linUcb, topTwoThompson, ucb1 } from '../../../src/bandits/index.js';
import { maxErrorRate } from '../../../src/analysis/max-error-rate.js';
import { Bandit } from '../../../src/strategies/bandit.js';
import { Canary } from '../../../src/strategies/canary.js';
import { strategyLaws } from '../../../src/testing/strategy-laws.js';
import { bandit, metrics, moments } from './cases.js';

const canary = () => new Canary({ baseline: 'v1', candidate: 'v2', guardrails: [maxErrorRate(0.05)] });
const contextual = (policy: ReturnType<typeof linUcb>) => bandit({ contextual: { policy, moments } });

describe('a bandit', () => {
  for (const law of [
    ...strategyLaws({
      walks: 6,
      name: 'of models',
      metrics,
      create: () => bandit({ freeze: 'winner', minExploration: 0 }),
    }),
    ...strategyLaws({
      walks: 4,
      name: 'of strategies, in a world that changes',
      metrics,
      create: () =>
        new Bandit({
          arms: { a: canary(), b: 'v3', c: canary() },
          reward: 'cost',
          baseline: 'a',
          policy: topTwoThompson(),
          halfLifeMs: 3_600_000,
          batchMs: 60_000,
        }),
    }),
    ...strategyLaws({ walks: 4, name: 'that minds errors', create: () => bandit({ reward: 'error', policy: ucb1() }) }),
    ...strategyLaws({ walks: 4, name: 'without its metric', create: () => bandit() }),
    ...strategyLaws({
      walks: 4,
      name: 'guarded',
      metrics,
      create: () =>
        bandit({
          freeze: 'winner',
          minExploration: 0,
          guardrails: [maxErrorRate(0.05), maxErrorRate(0.01, { severity: 'hold' })],
        }),
    }),
    ...strategyLaws({
      walks: 3,
      name: 'guarded, by context',
      metrics,
      create: () => bandit({ contextual: { policy: linUcb(), moments }, guardrails: [maxErrorRate(0.05)] }),
    }),
    ...strategyLaws({ walks: 4, name: 'by context', metrics, create: () => contextual(linUcb()) }),
    ...strategyLaws({ walks: 3, name: 'by context, drawn', metrics, create: () => contextual(linearThompson()) }),
    ...strategyLaws({
      walks: 3,
      name: 'by context, by gaps',
      metrics,
      create: () => contextual(inverseGapWeighting()),
    }),
  ]) {
    it(law.name, law.run);
  }
});
