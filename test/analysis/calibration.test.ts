import { describe, expect, it } from 'vitest';
import {
  amountsOf,
  delayedTraffic,
  drawAmounts,
  eventTraffic,
  four,
  fourTraffic,
} from '../../bench/calibrate/traffic.js';
import { type Detection, detect, detectionTable, harms, medianOf } from '../../bench/calibrate/detection.js';
import { drawBinomial, drawMultinomial } from '../../bench/calibrate/draw.js';
import { guardrailNulls } from '../../bench/calibrate/guardrail-nulls.js';
import { guardrailRows, guardrailTable } from '../../bench/calibrate/guardrail-table.js';
import { rollOuts, type Scenario, stopsAt } from '../../bench/calibrate/guardrails.js';
import { pooledPValue, type ThresholdRule, thresholdRules, ThresholdWatch } from '../../bench/calibrate/peers.js';
import { cellOf, minute, type Schedule, Strata, ticksOf, type Traffic } from '../../bench/calibrate/rollout.js';
import { baselines, simulate } from '../../bench/calibrate/scenario.js';
import { isKept, lowerBound } from '../../bench/calibrate/table.js';
import { measureOf, type Measure } from '../../src/analysis/measure.js';
import { noWorseThan } from '../../src/analysis/no-worse-than.js';
import { seededRng } from '../../src/core/rng.js';
import { parseCell } from '../../src/evidence/cell.js';
import type { Cell } from '../../src/evidence/stratum.js';
import { binomial } from '../../src/stats/distributions/binomial.js';
import { bucketOf } from '../../src/stats/sketch-json.js';

// `npm run calibrate` does this with 10,000 runs. Here the instruments themselves are checked, and that none of it rots.

const schedule: Schedule = { shares: [0.1, 0.5], minutes: 40, tickMinutes: 2, bucketMinutes: 10, perMinute: 500 };
const error = measureOf({}, 'error') as Measure;
const judged = { now: 1e12, metrics: {}, arm: 'candidate', control: 'control', forecast: false } as const;

/** All cells of a run. */
function played(traffic: Traffic, of: Schedule, seed = 1): readonly { candidate: Cell; control: Cell }[] {
  const rng = seededRng(seed);
  return ticksOf(of).flatMap((tick) => traffic(tick, rng, undefined));
}

describe('the draws of a calibration', () => {
  it.each([
    [30, 0.1],
    [200, 0.5],
    [200, 0.93],
    [100_000, 0.004],
  ])('of %i trials at %d fall as the binomial distribution says', (n, p) => {
    const rng = seededRng(3);
    const draws = 20_000;
    const counts = new Map<number, number>();
    for (let at = 0; at < draws; at += 1) {
      const hits = drawBinomial(rng, n, p);
      counts.set(hits, (counts.get(hits) ?? 0) + 1);
    }
    let [square, cells] = [0, 0];
    for (const [hits, count] of counts) {
      const expected = draws * binomial.pmf(hits, n, p);
      if (!(expected >= 10)) continue;
      square += (count - expected) ** 2 / expected;
      cells += 1;
    }
    // Pearson's statistic is near its degrees of freedom: five standard deviations above is far too much.
    expect(cells).toBeGreaterThan(5);
    expect(square).toBeLessThan(cells + 5 * Math.sqrt(2 * cells));
  });

  it('are none of nothing, and all where it is certain', () => {
    const rng = seededRng(1);
    expect([drawBinomial(rng, 0, 0.5), drawBinomial(rng, 9, 0), drawBinomial(rng, 9, 1)]).toEqual([0, 0, 9]);
  });

  it('of several outcomes add up', () => {
    const rng = seededRng(2);
    const counts = drawMultinomial(rng, 100_000, [0.2, 0.5, 0, 0.3]);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(100_000);
    [0.2, 0.5, 0, 0.3].forEach((p, at) => expect((counts[at] as number) / 100_000).toBeCloseTo(p, 2));
  });

  it('of prices are so many buckets apart, with what is between them rounded to the nearest', () => {
    const { buckets, upTo } = amountsOf((amount) => Math.min(1, amount / 100), bucketOf(10), bucketOf(100), 10);
    expect(buckets.slice(1).map((bucket, at) => bucket - (buckets[at] as number))).toEqual(
      buckets.slice(1).map(() => 10),
    );
    expect([buckets.at(-1), upTo.at(-1), buckets.length]).toEqual([bucketOf(100), 1, 12]);
    expect(upTo).toEqual([...upTo].sort((a, b) => a - b));
    // Half way, in logarithms, between the two highest prices, which are 1.22 apart.
    expect(upTo.at(-2)).toBeCloseTo(1 / Math.sqrt(1.22), 1);
  });

  it('of amounts have the distribution that was asked for', () => {
    const uniform = amountsOf((amount) => amount / 100, bucketOf(0.01), bucketOf(100));
    const { n, sum, sumSq, sketch } = drawAmounts(seededRng(4), 50_000, uniform);
    expect(n).toBe(50_000);
    expect(sum / n).toBeCloseTo(50, 0);
    expect(Math.sqrt(sumSq / n - (sum / n) ** 2) / (100 / Math.sqrt(12))).toBeCloseTo(1, 1);
    expect(sketch.positive.reduce((total, [, count]) => total + count, 0)).toBe(n);
  });
});

describe('the traffic of a calibration', () => {
  it('has the shares of its stages, each for an equal part of the time', () => {
    const ticks = ticksOf(schedule);
    expect(ticks.map(({ share }) => share)).toEqual([...Array(10).fill(0.1), ...Array(10).fill(0.5)]);
    expect(ticks.map(({ epoch }) => epoch)).toEqual([...Array(10).fill(1), ...Array(10).fill(2)]);
    expect(ticks.reduce((sum, { requests }) => sum + requests, 0)).toBe(20_000);
    expect(ticks.at(-1)).toMatchObject({ from: 38, to: 40 });
  });

  it('is the same to those who watch its minutes', () => {
    let [minutes, requests, good] = [0, 0, 0];
    const traffic = eventTraffic(
      'error',
      () => 0.1,
      () => 0.2,
    );
    const rng = seededRng(5);
    const cells = ticksOf(schedule).flatMap((tick) =>
      traffic(tick, rng, (length, n, well) => {
        [minutes, requests, good] = [minutes + length, requests + n, good + well];
      }),
    );
    const sum = (of: (cell: Cell) => number) => cells.reduce((total, { candidate }) => total + of(candidate), 0);
    expect([minutes, requests, good]).toEqual([40, sum(({ exposed }) => exposed), sum((c) => c.exposed - c.errors)]);
    expect(sum(({ errors }) => errors) / requests).toBeCloseTo(0.2, 1);
    expect(cells.reduce((total, { candidate, control }) => total + candidate.exposed + control.exposed, 0)).toBe(
      20_000,
    );
  });

  it('brings delayed conversions in the end, but for those that come after their window', () => {
    const of: Schedule = { ...schedule, shares: [0.5, 0.5], minutes: 400, perMinute: 5000 };
    const kept = (windowMinutes: number) => {
      const cells = played(
        delayedTraffic((at) => (at < 40 ? 0.1 : 0), 20, windowMinutes),
        of,
      );
      return (
        cells.reduce((sum, { control }) => sum + (control.metrics['clicked']?.sum ?? 0), 0) / (40 * 5000 * 0.5 * 0.1)
      );
    };
    expect(kept(300)).toBeCloseTo(1, 1);
    // A tick's exposures have one chance to come in before its end, and one in each of the next ten.
    expect(kept(20)).toBeCloseTo(1 - Math.exp(-22 / 20), 1);
  });

  it.each([0, 0.5, 0.9])('brings four kinds of harm with a correlation of %d', (correlation) => {
    const of: Schedule = { ...schedule, shares: [0.5], minutes: 2, perMinute: 400_000 };
    const rng = seededRng(6);
    const [tick] = ticksOf(of);
    const counted = fourTraffic(0.1, correlation)(tick as NonNullable<typeof tick>, rng, undefined)[0];
    const { exposed, errors, metrics } = (counted as NonNullable<typeof counted>).control;
    expect([errors, ...four.slice(1).map((name) => metrics[name]?.sum as number)].map((c) => c / exposed)).toEqual(
      four.map(() => expect.closeTo(0.1, 2)),
    );
    // The variance of the sum of four tells their correlation; it is taken over many small ticks.
    const small: Schedule = { ...of, minutes: 2000, tickMinutes: 1, perMinute: 200 };
    const totals = played(fourTraffic(0.1, correlation), small).map(({ control: cell }) => {
      const sum = four.slice(1).reduce((all, name) => all + (cell.metrics[name]?.sum as number), cell.errors);
      return (sum - 0.4 * cell.exposed) / Math.sqrt(cell.exposed * 4 * 0.09);
    });
    const variance = totals.reduce((sum, value) => sum + value * value, 0) / totals.length;
    expect(Math.abs(variance - (1 + 3 * correlation))).toBeLessThan(0.15 * (1 + 3 * correlation));
  });

  it('counts units that come back once, and all that they do', () => {
    const scenario = guardrailNulls.find(({ name }) => name === 'units that come back, alike') as Scenario;
    const cells = played(scenario.traffic(), scenario.schedule).flatMap(({ candidate, control }) => [
      candidate,
      control,
    ]);
    const sum = (of: (cell: Cell) => number) => cells.reduce((total, cell) => total + of(cell), 0);
    const byCluster = (list: readonly number[] | undefined) => (list ?? []).reduce((total, value) => total + value, 0);
    // Of 1,000 units hardly any stays away for twelve hours; a few come back in the other arm as it grows, and are known there.
    expect(sum(({ units }) => units)).toBeGreaterThan(990);
    expect(sum(({ units }) => units)).toBeLessThanOrEqual(1000);
    // Nine in ten make six requests, one in ten makes 8.5 in each of twelve hours.
    expect(sum(({ exposed }) => exposed) / (900 * 6 + 100 * 8.5 * 12)).toBeCloseTo(1, 1);
    expect(sum(({ clusters }) => byCluster(clusters?.exposed))).toBe(sum(({ exposed }) => exposed));
    expect(sum(({ clusters }) => byCluster(clusters?.sum['error']))).toBe(sum(({ errors }) => errors));
  });

  it('is what a recorder could have written', () => {
    for (const { traffic, schedule: of } of guardrailNulls) {
      const short = { ...of, minutes: of.tickMinutes * 4 };
      for (const { candidate, control } of played(traffic(), short)) {
        expect(parseCell('candidate', JSON.parse(JSON.stringify(candidate)))).toEqual(candidate);
        expect(parseCell('control', JSON.parse(JSON.stringify(control)))).toEqual(control);
      }
    }
  });

  it('is judged alike before and after its buckets are folded', () => {
    const traffic = eventTraffic(
      'error',
      () => 0.02,
      (rate) => 1.5 * rate,
    );
    const [live, folded] = [new Strata(10, 1e9), new Strata(10, 0)];
    const rng = seededRng(7);
    for (const counted of ticksOf(schedule).flatMap((tick) => traffic(tick, rng, undefined))) {
      live.add(counted);
      folded.add(counted);
    }
    expect([live, folded].map((strata) => strata.at(40 * minute).length)).toEqual([4, 2]);
    expect(folded.at(40 * minute).every(({ from, scores }) => from === -1 && scores !== undefined)).toBe(true);
    const [a, b] = [live, folded].map((strata) =>
      noWorseThan('error').judge({ ...judged, strata: strata.at(40 * minute) }),
    );
    expect(a?.eValue).toBeGreaterThan(1);
    expect(b?.eValue).toBeCloseTo(a?.eValue as number, 8);
  });
});

describe('the peers of a calibration', () => {
  const watched = (rule: Partial<ThresholdRule>, ...checks: readonly (readonly [requests: number, good: number])[]) => {
    const watch = new ThresholdWatch({ ...(thresholdRules()[0] as ThresholdRule), intervalMinutes: 1, ...rule });
    for (const [requests, good] of checks) watch.observe(1, requests, good);
    return watch.isRolledBack;
  };

  it('have the thresholds of their documentation', () => {
    expect(thresholdRules()).toEqual([
      { name: 'Argo, limit 0', intervalMinutes: 5, least: 0.95, failures: 1, onNoData: 'error' },
      { name: 'Argo, limit 3', intervalMinutes: 5, least: 0.95, failures: 4, onNoData: 'error' },
      { name: 'Flagger, 1', intervalMinutes: 1, least: 0.99, failures: 1, onNoData: 'failure' },
      { name: 'Flagger, 5', intervalMinutes: 1, least: 0.99, failures: 5, onNoData: 'failure' },
    ]);
    expect(thresholdRules(0.09).map(({ least }) => least)).toEqual([0.09, 0.09, 0.09, 0.09]);
  });

  it('fail a check below the threshold, not at it', () => {
    expect(watched({}, [100, 95])).toBe(false);
    expect(watched({}, [100, 94])).toBe(true);
  });

  it('count failed checks over the whole roll-out', () => {
    const [good, bad] = [[100, 99] as const, [100, 50] as const];
    expect(watched({ failures: 3 }, bad, good, bad, good)).toBe(false);
    expect(watched({ failures: 3 }, bad, good, bad, good, bad)).toBe(true);
  });

  it('take an interval without requests for a failure, or for an error, of which five in a row are too many', () => {
    const none = [0, 0] as const;
    expect(watched({ onNoData: 'failure' }, none)).toBe(true);
    expect(watched({}, none, none, none, none)).toBe(false);
    expect(watched({}, none, none, none, none, none)).toBe(true);
    expect(watched({}, none, none, none, none, [10, 10], none)).toBe(false);
  });

  it('check at the end of their interval, however it was cut', () => {
    const watch = new ThresholdWatch(thresholdRules()[0] as ThresholdRule);
    for (let part = 0; part < 49; part += 1) watch.observe(0.1, 10, 0);
    expect(watch.isRolledBack).toBe(false);
    watch.observe(0.1, 10, 0);
    expect(watch.isRolledBack).toBe(true);
  });

  it('test two proportions by the formula of the books', () => {
    const strata = new Strata(10, 0);
    const cell = (n: number, errors: number) => cellOf(n, { errors });
    strata.add({ epoch: 1, share: 0.5, at: 0, candidate: cell(400, 30), control: cell(600, 30) });
    // p = 60 / 1000, z = .025 / sqrt(.06 * .94 * (1/400 + 1/600)) = 1.6308, upper tail .0515.
    expect(pooledPValue(strata.at(0), error)).toBeCloseTo(0.0515, 4);
    const none = new Strata(10, 0);
    none.add({ epoch: 1, share: 0.5, at: 0, candidate: cell(1, 1), control: cell(600, 30) });
    expect(pooledPValue(none.at(0), error)).toBe(1);
  });

  // Simulated elsewhere with 20,000 runs: 4,000 users a day for 28 days, a look each day, two-sided at .05.
  it.each([
    ['flat', 0.375],
    ['drift', 1],
    ['weekly', 0.897],
  ] as const)('alarm by peeking at pooled counts as often as they are known to: %s', (name, known) => {
    const runs = 250;
    let alarms = 0;
    for (let run = 0; run < runs; run += 1) {
      const strata = new Strata(1440, 0);
      const days = simulate(seededRng(run), baselines[name] as (day: number) => number);
      const isAlarm = days.some(({ share, treatment, control }, day) => {
        const [candidate, other] = [treatment, control].map(({ n, events }) => cellOf(n, { errors: events })) as [
          Cell,
          Cell,
        ];
        strata.add({ epoch: Math.round(share * 100), share, at: day * 1440, candidate, control: other });
        const p = pooledPValue(strata.at((day + 1) * 1440 * minute), error);
        return Math.min(p, 1 - p) <= 0.025;
      });
      if (isAlarm) alarms += 1;
    }
    expect(Math.abs(alarms / runs - known)).toBeLessThanOrEqual(4 * Math.sqrt((known * (1 - known)) / runs));
  });
});

describe('the guardrails under a calibration', () => {
  const runs = 8;
  it.each(guardrailNulls.map((scenario) => [scenario.name, scenario] as const))(
    'let harmless candidates be: %s',
    (_, scenario) => {
      const rows = guardrailRows(
        scenario,
        rollOuts(scenario, runs, 7, () => {}),
      );
      expect(rows.map(({ name }) => name)).toEqual(scenario.rules.map(({ name }) => name));
      for (const row of rows) {
        expect(row.alarms).toHaveLength(3);
        // At .05 four of eight are as good as impossible, at .001 two.
        expect(row.alarms[0], row.name).toBeLessThan(4);
        expect(row.alarms[2], row.name).toBeLessThan(2);
        expect(row.alarms).toEqual([...row.alarms].sort((a, b) => b - a));
      }
      expect(Object.keys(rows[0]?.thresholds ?? {})).toEqual(scenario.thresholds.map(({ name }) => name));
    },
  );

  it('are all there', () => {
    const names = guardrailNulls.map(({ name }) => name).join(', ');
    for (const part of ['flat', 'drifting', 'weekly', ' 10 requests', '10,000 requests', '1 h', '48 h', 'revenue']) {
      expect(names).toContain(part);
    }
    for (const part of ['at the margin', 'come back', 'correlation 0,', 'correlation 0.5', 'correlation 0.9']) {
      expect(names).toContain(part);
    }
    for (const {
      schedule: { shares },
    } of guardrailNulls)
      expect(shares).toEqual([0.01, 0.05, 0.25, 0.5]);
  });

  it('stay below alpha in a few hundred roll-outs, where peeking does not', () => {
    const scenario = guardrailNulls.find(({ name }) => name === '1,000 requests a minute') as Scenario;
    const [row] = guardrailRows(
      scenario,
      rollOuts({ ...scenario, rules: scenario.rules.slice(0, 1) }, 150, 8, () => {}),
    );
    expect(row?.alarms[0]).toBeLessThanOrEqual(0.05 * 150);
    expect(row?.test).toBeGreaterThan(0.25 * 150);
    expect(row?.thresholds['Flagger, 1']).toBe(150);
  });

  it('stop together at a level that does not depend on how many there are', () => {
    const strata = new Strata(10, 0);
    const cell = (errors: number) => cellOf(1000, { errors });
    strata.add({ epoch: 1, share: 0.5, at: 0, candidate: cell(42), control: cell(18) });
    const at = { ...judged, strata: strata.at(0) };
    const rule = noWorseThan('error', { alpha: 0.05 });
    const { eValue = 0 } = rule.judge(at);
    expect([0.05, 0.01, 0.001].map((alpha) => eValue >= 1 / alpha)).toEqual([true, false, false]);
    expect(stopsAt([rule], at)).toEqual([true, false, false]);
    expect(stopsAt([rule, rule, rule], at)).toEqual([true, false, false]);
    // One alone would have to reach twice as much, and falls short of it.
    const calm = noWorseThan('error', { relativeMargin: 5, alpha: 0.05 });
    expect(stopsAt([rule, calm], at)[0]).toBe(eValue + (calm.judge(at).eValue ?? 0) >= 40);
    expect(() => stopsAt([noWorseThan('unheard of')], at)).toThrow("there is no metric 'unheard of'");
  });
});

describe('the tables of a calibration', () => {
  const row = { name: 'rule', scenario: 'null', claim: 'exact', runs: 1000, thresholds: {} } as const;

  it('say so where a promise is not kept, and only then', () => {
    expect(isKept({ ...row, alarms: [70, 10, 1] })).toBe(true);
    expect(isKept({ ...row, alarms: [80, 10, 1] })).toBe(false);
    expect(isKept({ ...row, claim: 'measured', alarms: [80, 10, 1] })).toBe(false);
    expect(isKept({ ...row, claim: 'none', alarms: [900, 900, 900] })).toBe(true);
    const text = guardrailTable([{ ...row, alarms: [80, 10, 1], test: 400 }]);
    expect(text.split('\n')[2]).toMatch(/^null +rule +exact +0\.0800 +0\.0100 +0\.0010 +NO +0\.400 +- +- +- +-$/);
  });

  it('take 99.9 % to be sure', () => {
    expect(lowerBound(0, 1000)).toBe(0);
    // Clopper and Pearson: the rate at which 80 or more of 1000 have a chance of .001.
    expect(binomial.sf(79, 1000, lowerBound(80, 1000))).toBeCloseTo(0.001, 6);
  });

  it('say how long harm takes to be found', () => {
    const harm = harms.find(({ metric, rate, share }) => metric === 'error' && rate === 0.005 && share === 0.5);
    const found: Detection = detect(harm as (typeof harms)[number], 60, 9, () => {});
    // With known effect 2.0 thousand at .05, simulated elsewhere, with 10,000 runs.
    expect((found.wald[0] as number) / 2000).toBeGreaterThan(0.75);
    expect((found.wald[0] as number) / 2000).toBeLessThan(1.25);
    expect((found.ours[0] as number) / (found.wald[0] as number)).toBeLessThan(1.7);
    expect(found.ours[1]).toBeGreaterThan(found.ours[0] as number);
    expect(found.others.map(({ name }) => name)).toEqual(['z at 0.05', ...thresholdRules().map(({ name }) => name)]);
    expect(detectionTable([found]).split('\n')[2]).toMatch(/^error 0\.5 % to 1\.5 % +50 % +\d\.\dk \/ \d\.\dk /);
  });

  it('take for the median what half of the runs had reached', () => {
    expect(medianOf([5, 1, 3])).toBe(3);
    expect(medianOf([5, 1, 3, Infinity])).toBe(3);
    expect(medianOf([1, Infinity, Infinity])).toBe(Infinity);
  });
});
