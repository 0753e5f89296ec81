import { describe, it } from 'vitest';
import { maxErrorRate } from '../../../src/analysis/max-error-rate.js';
import { noWorseThan } from '../../../src/analysis/no-worse-than.js';
import { ABTest } from '../../../src/strategies/ab-test.js';
import { Canary } from '../../../src/strategies/canary.js';
import { strategyLaws } from '../../../src/testing/strategy-laws.js';
import { metrics } from './cases.js';

const gates = { coverage: 0.5, holdout: 0.1, layer: { name: 'page', from: 0.2, to: 0.8 } } as const;
const canary = () => new Canary({ baseline: 'v1', candidate: 'v2', guardrails: [maxErrorRate(0.05)] });

describe('an A/B test', () => {
  for (const law of [
    ...strategyLaws({ walks: 10, name: 'of two models', create: () => new ABTest({ arms: { a: 'v1', b: 'v2' } }) }),
    ...strategyLaws({
      walks: 10,
      name: 'behind gates',
      metrics,
      create: () =>
        new ABTest({
          arms: { a: 'v1', b: { weight: 2, use: 'v2' }, c: 'v3' },
          primary: 'clicked',
          then: 'promote',
          guardrails: [maxErrorRate(0.05), noWorseThan('complained')],
          ...gates,
        }),
    }),
    ...strategyLaws({
      walks: 10,
      name: 'of strategies',
      metrics,
      create: () =>
        new ABTest({ arms: { a: canary(), b: canary(), c: 'v3' }, primary: 'clicked', plannedUnits: 500, ...gates }),
    }),
  ]) {
    it(law.name, law.run);
  }
});
