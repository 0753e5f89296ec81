import { describe, expect, it } from 'vitest';
import {
  bernoulliKl,
  epsilonGreedy,
  exp3,
  klUcb,
  moss,
  softmax,
  thompson,
  topTwoThompson,
  ucb1,
  ucb1Tuned,
} from '../../src/bandits/index.js';
import { klUpperBound } from '../../src/bandits/kl-ucb.js';
import { seededRng } from '../../src/core/rng.js';
import { beta } from '../../src/stats/distributions/beta.js';
import { arm } from './cases.js';

/** The count of an arm at which two arms of one index policy change places, by bisection over whole rewards. */
const winner = (weights: readonly number[]) => weights.indexOf(Math.max(...weights));

describe('UCB1', () => {
  it('takes the greatest mean + sqrt(2 ln t / n)', () => {
    // t = 110: 0.5 + 0.3066 for 100 pulls; for 10 pulls 0.9696 more than the mean, so that even a mean of 0 leads.
    expect(Math.sqrt((2 * Math.log(110)) / 10)).toBeCloseTo(0.96959, 4);
    expect(ucb1().weights({ arms: [arm(100, 50), arm(10, 0)] })).toEqual([0, 1]);
    expect(ucb1().weights({ arms: [arm(100, 70), arm(10, 0)] })).toEqual([1, 0]);
    // The means at which 100 and 10 pulls tie differ by 0.66299.
    expect(winner(ucb1().weights({ arms: [arm(100, 66.29), arm(10, 0)] }))).toBe(1);
    expect(winner(ucb1().weights({ arms: [arm(100, 66.31), arm(10, 0)] }))).toBe(0);
  });
});

describe('UCB1-tuned', () => {
  it('explores by the variance that was seen, up to that of a coin', () => {
    const index = (n: number, sum: number, sumSq: number, t: number) => {
      const mean = sum / n;
      const bound = sumSq / n - mean * mean + Math.sqrt((2 * Math.log(t)) / n);
      return mean + Math.sqrt((Math.log(t) / n) * Math.min(1 / 4, bound));
    };
    // Constant rewards against a coin of a slightly lower mean, with and without enough pulls for the variance to matter.
    for (const [n, other] of [
      [1000, 480],
      [1000, 490],
      [1000, 470],
      [20, 9],
    ] as const) {
      const arms = [{ n, sum: n / 2, sumSq: n / 4 }, arm(n, other)];
      const [first, second] = [index(n, n / 2, n / 4, 2 * n), index(n, other, other, 2 * n)];
      expect(winner(ucb1Tuned().weights({ arms }))).toBe(first > second ? 0 : 1);
    }
  });
});

describe('UCB1-tuned of rewards that never vary', () => {
  it('adds sqrt(p min(1/4, sqrt(2 p))), p = ln t / n', () => {
    // t = 12000: p is .00093927 and .00469635, which add .0063809 and .0213277: means tie that differ by .0149468.
    const constant = (n: number, mean: number) => ({ n, sum: n * mean, sumSq: n * mean * mean });
    const lead = (mean: number) => winner(ucb1Tuned().weights({ arms: [constant(10_000, 0.5), constant(2000, mean)] }));
    expect(lead(0.5 - 0.01496)).toBe(0);
    expect(lead(0.5 - 0.01493)).toBe(1);
  });
});

describe('MOSS', () => {
  it('adds sqrt(ln+(t / (K n)) / n), and nothing once an arm has its part', () => {
    // n = 100 of t = 200 and K = 2: ln(1) = 0. n = 10 of 110: sqrt(ln(5.5) / 10) = 0.41288.
    expect(winner(moss().weights({ arms: [arm(100, 50), arm(100, 50.001)] }))).toBe(1);
    expect(winner(moss().weights({ arms: [arm(100, 41.2), arm(10, 0)] }))).toBe(1);
    expect(winner(moss().weights({ arms: [arm(100, 41.4), arm(10, 0)] }))).toBe(0);
    // With the horizon 2000: sqrt(ln(10) / 100) = 0.15174 for 100, sqrt(ln(100) / 10) = 0.67861 for 10.
    expect(winner(moss({ horizon: 2000 }).weights({ arms: [arm(100, 52.6), arm(10, 0)] }))).toBe(1);
    expect(winner(moss({ horizon: 2000 }).weights({ arms: [arm(100, 52.8), arm(10, 0)] }))).toBe(0);
    expect(() => moss({ horizon: 0.5 })).toThrow('horizon');
  });
});

describe('KL-UCB', () => {
  it('finds the greatest mean within the divergence, to the last digits', () => {
    for (const mean of [0, 1e-6, 0.001, 0.1, 0.5, 0.9, 0.999, 1]) {
      for (const limit of [0, 1e-9, 1e-4, 0.01, 0.5, 3, 40]) {
        let [low, high] = [mean, 1];
        for (let step = 0; step < 200; step += 1) {
          const middle = (low + high) / 2;
          const kl =
            mean * Math.log(mean / middle || 1) + (mean < 1 ? (1 - mean) * Math.log((1 - mean) / (1 - middle)) : 0);
          if (kl <= limit) low = middle;
          else high = middle;
        }
        const found = klUpperBound(mean, limit);
        expect(Math.abs(found - low)).toBeLessThanOrEqual(1e-7 * Math.max(low, 1e-9) + 1e-12);
        expect(found).toBeGreaterThanOrEqual(mean);
        expect(found).toBeLessThanOrEqual(1);
      }
    }
  });

  it('knows the divergence, which is never negative', () => {
    expect(bernoulliKl(0.5, 0.25)).toBeCloseTo(0.5 * Math.log(2) + 0.5 * Math.log(2 / 3), 12);
    expect(bernoulliKl(0, 0.25)).toBeCloseTo(-Math.log(0.75), 12);
    expect(bernoulliKl(1, 0.25)).toBeCloseTo(Math.log(4), 12);
    expect(bernoulliKl(0.3, 0.3)).toBe(0);
    expect(bernoulliKl(0.5, 0)).toBe(Infinity);
  });

  it('explores more with c ln ln t', () => {
    // 10 pulls of 110 with mean 0.1, against 100 with mean m: the bounds cross where kl(0.1, b) = ln(110) / 10.
    const bound = (c: number) => klUpperBound(0.1, (Math.log(110) + c * Math.log(Math.log(110))) / 10);
    for (const c of [0, 3]) {
      const lead = (m: number) => winner(klUcb({ c }).weights({ arms: [arm(100, 100 * m), arm(10, 1)] }));
      const ownBound = (m: number) => klUpperBound(m, (Math.log(110) + c * Math.log(Math.log(110))) / 100);
      for (const m of [0.3, 0.4, 0.45, 0.5, 0.6]) expect(lead(m)).toBe(ownBound(m) > bound(c) ? 0 : 1);
    }
    expect(bound(3)).toBeGreaterThan(bound(0));
    expect(() => klUcb({ c: -1 })).toThrow('c must be');
  });
});

describe('epsilon-greedy', () => {
  it('spreads epsilon over all arms, the best included, and the rest among the best', () => {
    const arms = [arm(10, 5), arm(10, 6), arm(10, 6)];
    expect(epsilonGreedy({ epsilon: 0.3 }).weights({ arms })).toEqual(
      [0.1, 0.45, 0.45].map((w) => expect.closeTo(w, 12)),
    );
    expect(epsilonGreedy({ epsilon: 0 }).weights({ arms: [arm(10, 5), arm(10, 6)] })).toEqual([0, 1]);
  });

  it('halves epsilon after as many rewards as it is told', () => {
    const decaying = epsilonGreedy({ epsilon: 0.4, halvedAfter: 20 });
    expect(decaying.weights({ arms: [arm(10, 5), arm(10, 6)] })).toEqual([0.1, 0.9].map((w) => expect.closeTo(w, 12)));
    expect(decaying.weights({ arms: [arm(30, 5), arm(30, 6)] })[0]).toBeCloseTo(0.05, 12);
    expect(() => epsilonGreedy({ epsilon: 1.1 })).toThrow('epsilon');
    expect(() => epsilonGreedy({ halvedAfter: 0 })).toThrow('halvedAfter');
    expect(() => epsilonGreedy({ epsilon: 0, halvedAfter: 9 })).toThrow('epsilon');
  });
});

describe('softmax', () => {
  it('shares in proportion to exp(mean / temperature)', () => {
    const [low, high] = softmax({ temperature: 0.5 }).weights({ arms: [arm(10, 5), arm(10, 6)] }) as [number, number];
    expect(high / low).toBeCloseTo(Math.exp(0.2), 12);
    const [worse, better] = softmax().weights({ arms: [arm(10, 5), arm(10, 6)] }) as [number, number];
    expect(better / worse).toBeCloseTo(Math.E, 12);
    expect(softmax({ temperature: 1e-6 }).weights({ arms: [arm(10, 5), arm(10, 6)] })).toEqual([0, 1]);
    expect(() => softmax({ temperature: 0 })).toThrow('temperature');
  });
});

describe('EXP3', () => {
  it('shares by the gains that were weighted with propensities, and a part equally', () => {
    const arms = [
      { n: 10, sum: 5, sumSq: 5, gain: 10 },
      { n: 10, sum: 6, sumSq: 6, gain: 30 },
    ];
    const [a, b] = exp3({ gamma: 0.2 }).weights({ arms }) as [number, number];
    expect((b - 0.1) / (a - 0.1)).toBeCloseTo(Math.exp((0.2 * 20) / 2), 9);
    // By the horizon: min(1, sqrt(2 ln 2 / ((e - 1) 1000))).
    const gamma = Math.sqrt((2 * Math.LN2) / ((Math.E - 1) * 1000));
    const equal = exp3({ horizon: 1000 }).weights({
      arms: [
        { n: 1, sum: 0, sumSq: 0, gain: 0 },
        { n: 1, sum: 1, sumSq: 1, gain: 1e6 },
      ],
    });
    expect(equal[0]).toBeCloseTo(gamma / 2, 9);
    expect(() => exp3({ gamma: 0 })).toThrow('gamma');
    expect(() => exp3({ horizon: 0 })).toThrow('horizon');
  });
});

/** P(B > A) for whole parameters, by the sum of Evan Miller. */
function probBGreater(a: readonly [number, number], b: readonly [number, number]): number {
  const logBeta = (x: number, y: number) => lg(x) + lg(y) - lg(x + y);
  const lg = (n: number) => Array.from({ length: n - 1 }, (_, i) => Math.log(i + 1)).reduce((x, y) => x + y, 0);
  let sum = 0;
  for (let i = 0; i < b[0]; i += 1) {
    sum += Math.exp(logBeta(a[0] + i, a[1] + b[1]) - Math.log(b[1] + i) - logBeta(1 + i, b[1]) - logBeta(a[0], a[1]));
  }
  return sum;
}

describe('Thompson sampling', () => {
  it('weighs by the chance of being the best, as the closed form has it', () => {
    const chance = probBGreater([6, 6], [8, 4]);
    expect(thompson().weights({ arms: [arm(10, 5), arm(10, 7)] })[1]).toBeCloseTo(chance, 9);
    // One success of one trial against nothing known: P(B > A) for Beta(1, 1) and Beta(2, 1) is 2/3.
    expect(thompson().weights({ arms: [arm(0, 0), arm(1, 1)] })[1]).toBeCloseTo(2 / 3, 9);
  });

  it('counts rewards between 0 and 1 as they are', () => {
    const half = { n: 10, sum: 7.5, sumSq: 6 };
    const [low, between, high] = [arm(10, 7), half, arm(10, 8)].map(
      (second) => thompson().weights({ arms: [arm(10, 5), second] })[1] as number,
    ) as [number, number, number];
    expect(between).toBeGreaterThan(low);
    expect(between).toBeLessThan(high);
  });

  it('uses the variance that was seen in the normal model', () => {
    // One reward each, 1 and 0: the means are .75 and .25, the variance (0.5 + 0) / 4 over 2 of either: Phi(sqrt 2).
    const one = thompson({ model: 'normal' }).weights({ arms: [arm(1, 0), arm(1, 1)] });
    expect(one[1]).toBeCloseTo(0.921350396, 8);
    // 1000 rewards each: means (500 + 0.5) / 1001 and (510 + 0.5) / 1001, variance (0.5 + 1000 v1 + 1000 v2) / 2002.
    const arms = [
      { n: 1000, sum: 500, sumSq: 260 },
      { n: 1000, sum: 510, sumSq: 270 },
    ];
    const variance = (0.5 + (260 - 250) + (270 - 260.1)) / 2002;
    const z = 10 / 1001 / Math.sqrt((2 * variance) / 1001);
    const normalCdf = (x: number) => 1 - beta.cdf(0.5 - x / (2 * Math.sqrt(1e12 + x * x)), 5e11, 5e11);
    expect(thompson({ model: 'normal' }).weights({ arms })[1]).toBeCloseTo(normalCdf(z), 3);
  });
});

describe('top-two Thompson sampling', () => {
  it('gives the leader its share with two arms', () => {
    const arms = [arm(10, 5), arm(10, 7)];
    const chance = probBGreater([6, 6], [8, 4]);
    expect(topTwoThompson().weights({ arms })[1]).toBeCloseTo(0.75 * chance + 0.25 * (1 - chance), 9);
    expect(topTwoThompson({ leaderShare: 0.9 }).weights({ arms })[1]).toBeCloseTo(0.9 * chance + 0.1 * (1 - chance), 9);
    expect(topTwoThompson({ leaderShare: 0.5 }).weights({ arms })[1]).toBeCloseTo(0.5, 9);
  });

  it('weighs the second best of the same draw, as many draws do', () => {
    const arms = [arm(10, 2), arm(10, 5), arm(10, 7), arm(4, 2)];
    const rng = seededRng(3);
    const counts = [0, 0, 0, 0];
    const draws = 20_000;
    for (let i = 0; i < draws; i += 1) {
      const order = arms
        .map(({ n, sum }, index) => ({ index, value: beta.sample(rng, 1 + sum, 1 + n - sum) }))
        .sort((a, b) => b.value - a.value);
      const first = order[0]?.index as number;
      const second = order[1]?.index as number;
      counts[first] = (counts[first] as number) + 0.75;
      counts[second] = (counts[second] as number) + 0.25;
    }
    const weights = topTwoThompson().weights({ arms });
    counts.forEach((count, index) => expect(weights[index]).toBeCloseTo(count / draws, 1.9));
  });

  it('gives the two best of four arms what it has, when they are known', () => {
    const arms = [1, 2, 3, 4].map((rate) => arm(100_000, 10_000 * rate));
    const expected = [0, 0, 0.25, 0.75].map((weight) => expect.closeTo(weight, 6));
    expect(topTwoThompson().weights({ arms })).toEqual(expected);
    expect(() => topTwoThompson({ leaderShare: 0.49 })).toThrow('leaderShare');
    expect(() => topTwoThompson({ leaderShare: 1 })).toThrow('leaderShare');
  });
});
