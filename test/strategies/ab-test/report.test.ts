import { describe, expect, it } from 'vitest';
import { maxErrorRate } from '../../../src/analysis/max-error-rate.js';
import { scopeAt, viewOf, tick, clicks, ab, abc, after } from './cases.js';

describe('the report of an A/B test', () => {
  it('gives arms, estimates and verdicts as JSON', () => {
    const test = ab({ secondary: ['complained', 'error'], plannedUnits: 20_000, guardrails: [] });
    const strata = [{ cells: { b: clicks(5000, 700, 200), a: clicks(5000, 500, 200) } }];
    const state = after(test, [[tick, viewOf(strata)]]);
    const report = test.report(state, viewOf(strata), scopeAt());
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(report).toMatchObject({
      node: 'ab',
      attempt: 1,
      phase: 'stopped',
      test: 'sequential',
      alpha: 0.05,
      control: 'a',
      result: 'winner',
      winner: 'b',
      units: 10_000,
      missingUnits: 10_000,
      sampleRatioMismatch: null,
      why: state.own.why,
    });
    expect(report.arms).toEqual([
      {
        arm: 'b',
        share: 0.5,
        isControl: false,
        wasTakenOut: false,
        exposed: 5000,
        units: 5000,
        outcomes: 5000,
        errors: 0,
      },
      {
        arm: 'a',
        share: 0.5,
        isControl: true,
        wasTakenOut: false,
        exposed: 5000,
        units: 5000,
        outcomes: 5000,
        errors: 0,
      },
    ]);
    expect(report.comparisons.map(({ metric, role, verdict }) => [metric, role, verdict])).toEqual([
      ['clicked', 'primary', 'better'],
      ['complained', 'secondary', 'inconclusive'],
      ['error', 'secondary', 'inconclusive'],
    ]);
    const [row] = report.comparisons;
    expect(row).toMatchObject({ arm: 'b', n: 5000, controlN: 5000, test: 'event-binomial, on events and non-events' });
    expect([row?.mean, row?.controlMean, row?.difference, row?.lift]).toEqual([
      expect.closeTo(0.14, 9),
      expect.closeTo(0.1, 9),
      expect.closeTo(0.04, 9),
      expect.closeTo(0.4, 9),
    ]);
    expect(row?.interval?.[0]).toBeGreaterThan(0);
    expect(row?.interval?.[1]).toBeLessThan(0.08);
    expect(row?.pValue).toBeCloseTo(1 / (row?.eValue as number), 12);
  });

  it('corrects the primary over arms, and the secondary over metrics and arms', () => {
    const test = abc({ secondary: ['complained'] });
    const strata = [{ cells: { b: clicks(5000, 600, 300), c: clicks(5000, 520, 250), a: clicks(5000, 500, 200) } }];
    const { comparisons } = test.report(test.init(0, scopeAt()), viewOf(strata), scopeAt());
    const [b, c, mine, theirs] = comparisons as Required<typeof comparisons>;
    expect(b?.adjustedPValue).toBeCloseTo(2 * (b?.pValue as number), 12);
    expect(c?.adjustedPValue).toBe(1);
    // Holm: the smaller p-value times two, the larger as it is unless that would put it before the smaller.
    expect(mine?.adjustedPValue).toBeCloseTo(2 * (mine?.pValue as number), 12);
    expect(theirs?.adjustedPValue).toBe(Math.max(theirs?.pValue as number, mine?.adjustedPValue as number));
    expect(mine?.verdict).toBe('worse');
  });

  it('says what is missing without data, and keeps an arm that was taken out', () => {
    const test = abc({ guardrails: [maxErrorRate(0.05)] });
    const empty = test.report(test.init(0, scopeAt()), viewOf(), scopeAt());
    expect(empty).toMatchObject({ units: 0, missingUnits: null, winner: null, result: 'undecided' });
    expect(empty.comparisons[0]).toEqual({
      arm: 'b',
      metric: 'clicked',
      role: 'primary',
      n: 0,
      controlN: 0,
      mean: null,
      controlMean: null,
      difference: null,
      interval: null,
      lift: null,
      eValue: null,
      pValue: null,
      adjustedPValue: null,
      test: 'event-binomial, on events and non-events',
      verdict: 'insufficient-data',
    });
    const strata = [{ cells: { b: { outcomes: 50, errors: 50 }, c: { outcomes: 50 }, a: { outcomes: 50 } } }];
    const out = test.report(after(test, [[tick, viewOf(strata)]]), viewOf(strata), scopeAt());
    expect(out.arms.map(({ arm, wasTakenOut }) => [arm, wasTakenOut])).toEqual([
      ['b', true],
      ['c', false],
      ['a', false],
    ]);
    expect(out.comparisons.map(({ arm }) => arm)).toEqual(['b', 'c']);
  });

  it('corrects the bitmap of units, and counts exposures where it is full', () => {
    const test = ab();
    const units = (bits: number, exposed: number) =>
      test.report(test.init(0, scopeAt()), viewOf([{ cells: { b: { units: bits, exposed }, a: {} } }]), scopeAt())
        .units;
    // 100 000 units on 65 536 bits leave exp(-100000 / 65536) of them empty (Whang et al. 1990).
    const bits = Math.round(65_536 * (1 - Math.exp(-100_000 / 65_536)));
    expect(Math.abs(units(bits, 1e6) - 100_000)).toBeLessThan(10);
    expect(units(bits, 70_000)).toBe(70_000);
    expect(units(65_536, 900_000)).toBe(900_000);
    expect(units(80_000, 900_000)).toBe(900_000);
    expect(units(64_226, 900_000)).toBe(900_000);
    expect(units(64_225, 900_000)).toBeLessThan(260_000);
    expect(units(10, 1000)).toBe(10);
  });
});
