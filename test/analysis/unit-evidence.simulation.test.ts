import { describe, expect, it } from 'vitest';
import { compareArms } from '../../src/analysis/compare.js';
import { type Measure, measureOf } from '../../src/analysis/measure.js';
import type { Judged } from '../../src/analysis/verdict.js';
import { type Rng, seededRng } from '../../src/core/rng.js';
import { binary, continuous, ratio } from '../../src/evidence/metric.js';
import { type Request, type Roll, rollOut } from './sticky.js';
import { gaussian } from './simulate.js';

const metrics = {
  clicked: binary(),
  spent: continuous({ per: 'exposure', cap: 200 }),
  rating: continuous(),
  used: continuous({ per: 'exposure', covariate: 'before' }),
  clickRate: ratio(),
};
const measure = (name: string) => measureOf(metrics, name) as Measure;
const judgedBy = ['error', 'clicked', 'spent', 'rating', 'used', 'clickRate', 'latency'] as const;

/** Each trait of a unit from its one number, as unlike the others as digits are. */
const traitOf = (trait: number, which: number) => (trait * 10 ** which) % 1;

/** A tenth of the units makes three quarters of the requests; over the ramp 1 to over 100 each. */
const visits = (trait: number, rng: Rng) =>
  traitOf(trait, 1) < 0.1 ? 1 + Math.floor(24 * rng.next()) : rng.next() < 0.5 ? 1 : 0;

/** Everything is the unit's own rather than the model's, and nothing depends on the arm. */
const alike = ({ trait, hour }: Request, rng: Rng) => ({
  error: rng.next() < (traitOf(trait, 2) < 0.2 ? 0.5 : 0.004),
  latencyMs: 40 * Math.exp(2 * traitOf(trait, 3) + 0.5 * rng.next() + 0.05 * hour),
  clicked: rng.next() < 0.4 * traitOf(trait, 4) ** 3,
  ...(traitOf(trait, 2) > 0.8 && rng.next() < 0.2 && { spent: Math.exp(3 + 1.5 * gaussian(rng)) }),
  rating: 3 * traitOf(trait, 3) + rng.next(),
  used: 5 * traitOf(trait, 4) + rng.next(),
  clickRate: clicks(10 * traitOf(trait, 4), traitOf(trait, 3), rng),
});

const clicks = (views: number, rate: number, rng: Rng) => {
  const denominator = 1 + Math.floor(views * rng.next());
  return { numerator: Math.floor((denominator + 0.99) * rate * rng.next()), denominator };
};

const ramp = [0.01, 0.05, 0.05, 0.25, 0.25, 0.5, 0.5, 0.5];
const before = (trait: number) => ({ before: 5 * traitOf(trait, 4) });

const logE = (judged: Judged, name: string, direction: 'worse' | 'better') =>
  compareArms(judged, 'a', measure(name), { direction }).logE;

/** In how many runs each measure ever alarms at .05 and .01, in either direction, at a look after every hour. */
function alarms(runs: number, roll: Pick<Roll, 'visits'>) {
  const found = new Map<string, { at05: number; at01: number }>();
  for (let run = 0; run < runs; run += 1) {
    const highest = new Map<string, number>();
    const options = { rng: seededRng(run), run, metrics, units: 100, shares: ramp, requests: visits, outcome: alike };
    for (const judged of rollOut({ ...options, contextOf: before, ...roll })) {
      const seen = roll.visits === 'one' ? withoutProbe(judged) : judged;
      for (const name of judgedBy) {
        for (const direction of ['worse', 'better'] as const) {
          const key = `${name} ${direction}`;
          highest.set(key, Math.max(highest.get(key) ?? 0, logE(seen, name, direction)));
        }
      }
    }
    for (const [key, most] of highest) {
      const { at05, at01 } = found.get(key) ?? { at05: 0, at01: 0 };
      found.set(key, { at05: at05 + Number(most >= Math.log(20)), at01: at01 + Number(most >= Math.log(100)) });
    }
  }
  return found;
}

/** As if nobody had noticed that units return. */
const withoutProbe = (judged: Judged): Judged => ({
  ...judged,
  strata: judged.strata.map((stratum) => ({
    ...stratum,
    cells: Object.fromEntries(
      Object.entries(stratum.cells).map(([arm, { sampled: _, returned: __, ...cell }]) => [arm, cell]),
    ),
  })),
});

describe('identical models whose units make 1 to 100 requests, under a ramp', () => {
  it('are told apart in at most alpha of the runs, whatever is measured, in either direction', () => {
    const runs = 150;
    const found = alarms(runs, {});
    expect(found.size).toBe(2 * judgedBy.length);
    for (const [name, { at05, at01 }] of found) {
      expect(at05, name).toBeLessThanOrEqual(0.05 * runs);
      // Three standard errors more: one or two of 150 are due, and 14 are held against it.
      expect(at01, name).toBeLessThanOrEqual(0.01 * runs + 3.1 * Math.sqrt(0.01 * 0.99 * runs));
    }
  }, 120_000);

  it('would be told apart in many of the runs by tests that take each request for one of its own', () => {
    const runs = 40;
    const found = alarms(runs, { visits: 'one' });
    for (const name of ['error', 'clicked', 'rating', 'clickRate', 'latency'] as const) {
      expect(found.get(`${name} worse`)?.at05, name).toBeGreaterThan(0.1 * runs);
    }
  }, 60_000);
});

describe('requests that are really independent', () => {
  /** Requests until the evidence reaches 20, the median of the runs. */
  const untilFound = (
    roll: Pick<Roll, 'visits' | 'shares' | 'outcome'>,
    name: (typeof judgedBy)[number],
    runs: number,
  ): number => {
    const counts = Array.from({ length: runs }, (_, run) => {
      let requests = 0;
      const options = { rng: seededRng(run), run, metrics, units: 250, fresh: true, requests: () => 1 };
      for (const judged of rollOut({ ...options, ...roll })) {
        requests += 250;
        if (logE(judged, name, 'worse') >= Math.log(20)) return requests;
      }
      return Infinity;
    }).sort((a, b) => a - b);
    return counts[runs >> 1] as number;
  };
  const half = Array<number>(60).fill(0.5);

  it.each([
    [
      'errors 1 % to 2 %',
      'error',
      ({ isCandidate }: Request, rng: Rng) => ({ error: rng.next() < (isCandidate ? 0.02 : 0.01) }),
    ],
    [
      'clicks 10 % to 7 %',
      'clicked',
      ({ isCandidate }: Request, rng: Rng) => ({ clicked: rng.next() < (isCandidate ? 0.07 : 0.1) }),
    ],
    [
      'latency 15 % up',
      'latency',
      ({ isCandidate }: Request, rng: Rng) => ({
        latencyMs: 50 * Math.exp(0.7 * gaussian(rng)) * (isCandidate ? 1.15 : 1),
      }),
    ],
    [
      'spending 30 % down',
      'spent',
      ({ isCandidate }: Request, rng: Rng) => ({ spent: Math.exp(3 + gaussian(rng)) * (isCandidate ? 0.7 : 1) }),
    ],
  ] as const)(
    'need at most half as many again to find %s when they are judged by units',
    (_what, name, outcome) => {
      const byRequest = untilFound({ visits: 'one', shares: half, outcome }, name, 21);
      const byUnit = untilFound({ visits: 'many', shares: half, outcome }, name, 21);
      expect(byRequest).toBeLessThan(Infinity);
      expect(byUnit).toBeLessThanOrEqual(1.5 * byRequest);
    },
    60_000,
  );
});
