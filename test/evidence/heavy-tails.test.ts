import { describe, expect, it } from 'vitest';
import { noWorseThan } from '../../src/analysis/no-worse-than.js';
import { scoreArms } from '../../src/evidence/arm-score.js';
import { continuous, ratio } from '../../src/evidence/metric.js';
import { sumsOf } from '../analysis/judged.js';
import { binomial, fails, gaussian, rateOf, type Traffic } from '../analysis/simulate.js';

const tail = [...Array<number>(996).fill(0), 100, 200, 400, 900];

describe('the variance of a difference of means', () => {
  it('is not less than that of both arms together, for an arm that missed the tail', () => {
    const small = sumsOf([...Array<number>(19).fill(0), 1]);
    const large = sumsOf(tail);
    const { variance, weight, score } = scoreArms(small, large);
    // By hand: the squared deviations of both arms, each from its own mean, over n - 2.
    const spread = 1 - 1 / 20 + (100 ** 2 + 200 ** 2 + 400 ** 2 + 900 ** 2 - 1600 ** 2 / 1000);
    expect(weight).toBeCloseTo((20 * 1000) / 1020, 10);
    expect(variance).toBeCloseTo((weight * spread) / 1018, 6);
    // A mean of 0.05 against one of 1.6, which by each arm's own variance are 1.5 standard errors apart.
    expect(Math.abs(score) / Math.sqrt(variance)).toBeLessThan(0.25);
  });

  it('is not less than that of each arm by its own variance, for an arm that met it', () => {
    const small = sumsOf([...Array<number>(19).fill(0), 900]);
    const large = sumsOf(tail);
    const { variance, weight } = scoreArms(small, large);
    const own = (900 ** 2 - 900 ** 2 / 20) / 19;
    const controls = (100 ** 2 + 200 ** 2 + 400 ** 2 + 900 ** 2 - 1600 ** 2 / 1000) / 999;
    expect(variance).toBeCloseTo(weight * weight * (own / 20 + controls / 1000), 6);
  });

  it('is nothing where a stratum has too few values to tell', () => {
    expect(scoreArms(sumsOf([2.5]), sumsOf(tail))).toEqual({ score: 0, variance: 0, weight: 0 });
  });
});

describe('revenue per order, with a heavy tail', () => {
  const metrics = { spent: ratio({ windowMs: 1 }) };
  const purchases: Traffic = (n, _hour, rng) => {
    const amounts = Array.from({ length: binomial(rng, n, 0.05) }, () => 20 * Math.exp(1.5 * gaussian(rng)));
    const { sum, sumSq } = sumsOf(amounts);
    const paired = { sum: n, sumSq: n, product: sum };
    return { metrics: { spent: { n, sum, sumSq, late: 0, ratio: true, paired } } };
  };
  it('is not found to differ between identical models', () => {
    const rule = noWorseThan('spent', { alpha: 0.05 });
    const rate = rateOf({ runs: 200, requests: 6000, traffic: purchases, seed: 31 }, (judged) =>
      fails(rule.judge({ ...judged, metrics })),
    );
    expect(rate).toBeLessThanOrEqual(0.05);
  });
});

describe('revenue without a cap, of which one request in twenty has any, with a heavy tail', () => {
  const purchases: Traffic = (n, _hour, rng) => {
    const amounts = Array.from({ length: binomial(rng, n, 0.05) }, () => 20 * Math.exp(1.5 * gaussian(rng)));
    return { metrics: { spent: { ...sumsOf(amounts), per: 'exposure' } } };
  };
  it.each(['higher', 'lower'] as const)(
    'is not found to differ between identical models, where %s is better',
    (better) => {
      const metrics = { spent: continuous({ per: 'exposure', windowMs: 1, better }) };
      const rule = noWorseThan('spent', { alpha: 0.05 });
      // Shares of 1, 5, 25 and 50 %, three looks at each.
      const rate = rateOf({ runs: 200, requests: 6000, traffic: purchases, seed: 31 }, (judged) =>
        fails(rule.judge({ ...judged, metrics })),
      );
      expect(rate).toBeLessThanOrEqual(0.05);
    },
  );
});
