import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bound } from '../../src/analysis/bound.js';
import { boundedEvidence, partsOfCap, yesOrNo } from '../../src/analysis/bounded-evidence.js';
import { fakeCell } from '../strategies/view.js';
import { metrics, sumsOf } from './judged.js';
import { measureOf } from '../../src/analysis/measure.js';
import type { Measure } from '../../src/analysis/measure.js';

const claims = fc.record({
  side: fc.constantFrom('above', 'below'),
  factor: fc.double({ min: 0.5, max: 1.5, noNaN: true }),
  margin: fc.double({ min: -0.3, max: 0.3, noNaN: true }),
});
const isTrue = ({ side, factor, margin }: Bound, p: number, control: number) =>
  side === 'above' ? p > factor * control + margin : p < factor * control + margin;

const stratum = (
  share: number,
  mine: readonly [n: number, sum: number],
  theirs: readonly [n: number, sum: number],
) => ({
  share,
  candidate: yesOrNo({ n: mine[0], sum: mine[1] }),
  control: yesOrNo({ n: theirs[0], sum: theirs[1] }),
});

describe('the evidence for a bound', () => {
  it('has an expectation of at most 1 where the claim is false, by enumeration of all that can happen', () => {
    fc.assert(
      fc.property(
        claims,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0.05, max: 0.95, noNaN: true }),
        (bound, p, control, share) => {
          fc.pre(!isTrue(bound, p, control));
          // Five observations, each of either arm by its share, each yes or no.
          const n = 5;
          const choose = (a: number, b: number): number => (b === 0 ? 1 : (choose(a, b - 1) * (a - b + 1)) / b);
          let expectation = 0;
          for (let mine = 0; mine <= n; mine += 1)
            for (let yes = 0; yes <= mine; yes += 1)
              for (let no = 0; no <= n - mine; no += 1) {
                const chance =
                  choose(n, mine) *
                  share ** mine *
                  (1 - share) ** (n - mine) *
                  choose(mine, yes) *
                  p ** yes *
                  (1 - p) ** (mine - yes) *
                  choose(n - mine, no) *
                  control ** no *
                  (1 - control) ** (n - mine - no);
                expectation += chance * Math.exp(boundedEvidence([stratum(share, [mine, yes], [n - mine, no])], bound));
              }
          expect(expectation).toBeLessThanOrEqual(1 + 1e-9);
        },
      ),
    );
  });

  it('is the mean over stakes of the product of the bets, by brute force', () => {
    const bound = { side: 'above', factor: 1, margin: -0.1 } as const;
    const share = 0.3;
    const wealth = (bold: number, onYes: boolean) => {
      const number = (isMine: boolean, value: number) => {
        const amount = onYes ? value : 1 - value;
        const weighted = isMine ? amount / share : -amount / (1 - share);
        return (onYes ? weighted : -weighted) + 0.1;
      };
      const all = [number(true, 0), number(true, 1), number(false, 0), number(false, 1)];
      const bet = Math.min(bold * share * (1 - share), 0.9 / -Math.min(...all));
      // 3 of 4 against 2 of 5.
      return (
        (1 + bet * number(true, 1)) ** 3 *
        (1 + bet * number(true, 0)) *
        (1 + bet * number(false, 1)) ** 2 *
        (1 + bet * number(false, 0)) ** 3
      );
    };
    const stakes = [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2];
    const mean = stakes.reduce((sum, bold) => sum + wealth(bold, true) + wealth(bold, false), 0) / (2 * stakes.length);
    expect(boundedEvidence([stratum(share, [4, 3], [5, 2])], bound)).toBeCloseTo(Math.log(mean), 9);
  });

  it('grows with the claim being truer, and mirrors itself when yes and no change places', () => {
    fc.assert(
      fc.property(claims, fc.integer({ min: 1, max: 200 }), fc.integer({ min: 0, max: 199 }), (bound, n, some) => {
        const yes = some % n;
        const at = (sum: number) => boundedEvidence([stratum(0.4, [n, sum], [n, Math.floor(n / 2)])], bound);
        if (bound.side === 'above') expect(at(yes + 1)).toBeGreaterThanOrEqual(at(yes) - 1e-9);
        else expect(at(yes + 1)).toBeLessThanOrEqual(at(yes) + 1e-9);
        // T > C - m is (1 - T) < (1 - C) + m.
        const level = { ...bound, factor: 1 };
        const turned = { ...level, side: bound.side === 'above' ? 'below' : 'above', margin: -bound.margin } as const;
        const mine = boundedEvidence([stratum(0.4, [n, yes], [n, 0])], level);
        const theirs = boundedEvidence([stratum(0.4, [n, n - yes], [n, n])], turned);
        expect(mine).toBeCloseTo(theirs, 6);
      }),
    );
  });

  it('says the same when the arms change places together with their claim', () => {
    // T > C - m is C < T + m.
    const above = boundedEvidence([stratum(0.3, [100, 40], [200, 90])], { side: 'above', factor: 1, margin: -0.1 });
    const below = boundedEvidence([stratum(0.7, [200, 90], [100, 40])], { side: 'below', factor: 1, margin: 0.1 });
    expect(above).toBeCloseTo(below, 9);
  });

  it('leaves out strata in which an arm had no share, and says nothing without data', () => {
    const bound = { side: 'above', factor: 1, margin: -0.1 } as const;
    const one = stratum(0.5, [50, 10], [50, 10]);
    const alone = [stratum(1, [500, 500], [0, 0]), stratum(0, [0, 0], [500, 0])];
    expect(boundedEvidence([one, ...alone], bound)).toBe(boundedEvidence([one], bound));
    expect(boundedEvidence([], bound)).toBe(0);
    expect(boundedEvidence([one, one], bound)).toBeCloseTo(
      boundedEvidence([stratum(0.5, [100, 20], [100, 20])], bound),
      9,
    );
  });

  it('reads capped values in parts of their cap, with zeros for exposures without a report', () => {
    const cell = fakeCell({ exposed: 10, metrics: { revenue: sumsOf([0, 50, 100], 100, 'exposure') } });
    const parts = partsOfCap(measureOf(metrics, 'revenue') as Measure, 100, cell);
    expect(parts.map(([, count]) => count)).toEqual([8, 1, 1]);
    expect(parts[0]?.[0]).toBe(0);
    expect(parts[1]?.[0]).toBeCloseTo(0.5, 2);
    expect(parts[2]?.[0]).toBeCloseTo(1, 1);
    expect(parts[2]?.[0]).toBeLessThanOrEqual(1);
    expect(partsOfCap(measureOf(metrics, 'tokens') as Measure, 1000, fakeCell({ exposed: 10 }))).toEqual([[0, 0]]);
  });
});
