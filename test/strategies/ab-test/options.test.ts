import { describe, expect, expectTypeOf, it } from 'vitest';
import { maxErrorRate } from '../../../src/analysis/max-error-rate.js';
import { minOutcomes } from '../../../src/analysis/min-outcomes.js';
import { noWorseThan } from '../../../src/analysis/no-worse-than.js';
import { ABTest } from '../../../src/strategies/ab-test.js';
import { Canary } from '../../../src/strategies/canary.js';
import type { MetricsOf, ModelsOf } from '../../../src/strategies/strategy.js';
import { scopeAt, ab } from './cases.js';

describe('the options of an A/B test', () => {
  const arms = { a: 'v1', b: 'v2' } as const;

  it.each([
    [{ arms: { a: 'v1' } }, 'strategy.arms: must be an object with 2 to 50 keys'],
    [{ arms: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`a${i}`, 'v'])) }, 'with 2 to 50 keys'],
    [{ arms: { a: 'v1', b: 5 } }, "strategy.arms.b: must be a model's name or a strategy"],
    [{ arms: { a: 'v1', 'b/c': 'v2' } }, 'strategy.arms.b/c: must be a name'],
    [{ arms: { a: 'v1', b: { weight: 0, use: 'v2' } } }, 'strategy.arms.b.weight: must be a number over 0'],
    [{ arms: { a: 'v1', b: { weight: Infinity, use: 'v2' } } }, 'strategy.arms.b.weight'],
    [{ arms: { a: 'v1', b: { weight: 1, use: 7 } } }, 'strategy.arms.b.use'],
    [{ arms: { a: 'v1', b: { wieght: 1, use: 'v2' } } }, 'Did you mean weight?'],
    [{ arms: { 1: 'v1', 2: 'v2' } }, 'strategy.control: must be given where an arm is named by a whole number'],
    [{ arms, control: 'c' }, 'strategy.control: must be one of the arms a, b (was c)'],
    [{ arms, test: 'fixed', primary: 'm' }, 'strategy.plannedUnits: must be given for a fixed test'],
    [{ arms, test: 'fixed', plannedUnits: 9 }, 'strategy.primary: must be given with test'],
    [{ arms, test: 'fixed', plannedUnits: 9, primary: 'm', minEffect: 1 }, 'strategy.minEffect: must be left out'],
    [{ arms, then: 'promote' }, 'strategy.primary: must be given with then'],
    [{ arms, minEffect: 0.1 }, 'strategy.primary: must be given with minEffect'],
    [{ arms, primary: 'm', minEffect: 0 }, 'strategy.minEffect: must be a number over 0'],
    [{ arms, primary: 'm', secondary: ['n', 'm'] }, 'strategy.secondary[1]: is the primary metric already'],
    [{ arms, secondary: ['n', 'n'] }, 'strategy.secondary[1]: was named before'],
    [{ arms, coverage: 50 }, 'Did you mean 0.5?'],
    [{ arms, holdout: 1 }, 'strategy.holdout: must be a fraction in [0, 1)'],
    [{ arms, alpha: 0 }, 'strategy.alpha'],
    [{ arms, plannedUnits: 1.5 }, 'strategy.plannedUnits'],
    [{ arms, layer: { name: 'l', from: 0.5, to: 0.5 } }, 'strategy.layer.to: must be over from = 0.5 (was 0.5)'],
    [{ arms, layer: { name: 'l', from: 0 } }, 'strategy.layer.to'],
    [{ arms, layer: 'l' }, 'strategy.layer: must be an object'],
    [{ arms, guardrails: [minOutcomes(5)] }, 'This is a gate'],
    [{ arms, stages: [] }, 'strategy.stages: is not an option'],
    [undefined, 'strategy: must be an object'],
  ])('are checked: %#', (options, message) => {
    expect(() => new ABTest(options as never)).toThrow(message);
  });

  it('may name arms by whole numbers once the control is named', () => {
    const test = new ABTest({ arms: { '2': 'v2', '1': 'v1' }, control: '2' });
    expect(test.status(test.init(0, scopeAt()), scopeAt()).shares).toEqual({ '1': 0.5, '2': 0.5 });
  });

  it('infer models and metrics, and refuse a control that is no arm', () => {
    const test = new ABTest({
      arms: { old: { weight: 3, use: 'v1' }, fresh: new Canary({ baseline: 'v1', candidate: 'v2' }) },
      control: 'old',
      primary: 'clicked',
      secondary: ['rating'],
      guardrails: [noWorseThan('complained'), maxErrorRate(0.1)],
    });
    expectTypeOf<ModelsOf<typeof test>>().toEqualTypeOf<'v1' | 'v2'>();
    expectTypeOf<MetricsOf<typeof test>>().toEqualTypeOf<'clicked' | 'rating' | 'complained'>();
    expect(test.metrics).toEqual(['clicked', 'rating', 'complained']);
    const bare = new ABTest({ arms });
    expectTypeOf<MetricsOf<typeof bare>>().toEqualTypeOf<never>();
    // @ts-expect-error - there is no such arm
    expect(() => new ABTest({ arms: { a: 'v1', b: 'v2' }, control: 'c' })).toThrow('strategy.control');
  });

  it('show what the test is in its status', () => {
    const test = ab({ plannedUnits: 500, holdout: 0.1, layer: { name: 'l', from: 0, to: 0.5 } });
    expect(test.status(test.init(5, scopeAt()), scopeAt())).toEqual({
      node: 'ab',
      kind: 'ab-test',
      phase: 'running',
      stable: 'v1',
      children: [],
      shares: { b: 0.5, a: 0.5 },
      waitingFor: ['a decision on clicked', '500 units'],
      detail: {
        attempt: 1,
        since: 5,
        why: 'the test started',
        result: 'undecided',
        leader: '',
        coverage: 1,
        holdout: 0.1,
        removed: [],
        beaten: [],
        mismatch: '',
        layer: { name: 'l', from: 0, to: 0.5 },
      },
    });
  });
});
