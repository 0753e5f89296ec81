import { describe, expect, test } from 'vitest';
import { maxErrorRate } from '../../src/analysis/max-error-rate.js';
import { noWorseThan } from '../../src/analysis/no-worse-than.js';
import type { Guardrail, Judged } from '../../src/analysis/verdict.js';
import { binary } from '../../src/evidence/metric.js';
import { defineRehearsal } from '../../src/simulate/rehearsal.js';
import { rehearse } from '../../src/simulate/rehearse.js';
import type { ScenarioResult } from '../../src/simulate/rehearsal-result.js';
import { Canary } from '../../src/strategies/canary.js';
import { poisson } from '../../src/stats/distributions/poisson.js';
import { powerTwoProportions } from '../../src/stats/planning/proportions.js';
import { twoProportionZTest } from '../../src/stats/tests/two-proportion-z.js';
import { canary, crashing, good, hour, metrics, minute, traffic } from './plans.js';

const one = (guardrail: Guardrail<never>, minAgeMs = hour) =>
  new Canary({ baseline: 'v1', candidate: 'v2', stages: [{ share: 0.5, minAgeMs }], guardrails: [guardrail] });
const failing = (errorRate: number) => ({ errorRate });
const first = ({ scenarios }: { readonly scenarios: readonly ScenarioResult[] }) => scenarios[0] as ScenarioResult;
const near = (rate: number, truth: number, runs: number) =>
  expect(Math.abs(rate - truth)).toBeLessThan(4 * Math.sqrt((truth * (1 - truth)) / runs));

/** The errors and calls of an arm. */
function counted({ strata }: Judged, arm: string): { readonly x: number; readonly n: number } {
  const cells = strata.flatMap((stratum) => stratum.cells[arm] ?? []);
  return {
    x: cells.reduce((sum, { errors }) => sum + errors, 0),
    n: cells.reduce((sum, { outcomes }) => sum + outcomes, 0),
  };
}

const rule = (name: string, isBroken: (judged: Judged) => boolean): Guardrail<never> => ({
  name,
  metrics: [],
  judge: (judged) => ({ rule: name, outcome: isBroken(judged) ? 'fail' : 'inconclusive', reason: name, n: 0 }),
});

describe('what a rehearsal finds is what can be computed', () => {
  const runs = 160;

  test('a limit of no errors lets a candidate through if none comes: a Poisson number is 0', async () => {
    const simulation = {
      strategy: one(maxErrorRate(0)),
      traffic: { perHour: 600 },
      models: { v1: {}, v2: failing(0.004) },
      forMs: 2 * hour,
      tickEveryMs: 10 * minute,
    };
    const rehearsal = defineRehearsal({ simulation, scenarios: { leaky: { truth: 'harmful' } } });
    const { promoted, rolledBack, undecided, missed, falseAlarms } = first(await rehearse({ rehearsal, runs }));
    // Half of 600 requests, of which 4 in 1000 fail.
    near(promoted.rate, Math.exp(-1.2), runs);
    expect([promoted.of, promoted.count + rolledBack.count, undecided.count]).toEqual([runs, runs, 0]);
    expect(missed).toEqual(promoted);
    expect(falseAlarms).toBeUndefined();
  });

  test('a limit on a count is broken by the tail of a Poisson distribution', async () => {
    const most = 5;
    const simulation = {
      strategy: one(rule('at most 5 errors', (judged) => counted(judged, 'candidate').x > most)),
      traffic: { perHour: 600 },
      models: { v1: {}, v2: failing(0.02) },
      forMs: 2 * hour,
      tickEveryMs: 20 * minute,
    };
    const rehearsal = defineRehearsal({ simulation, scenarios: { leaky: { truth: 'harmless' } } });
    const { rolledBack, falseAlarms, rollbacks } = first(await rehearse({ rehearsal, runs }));
    near(rolledBack.rate, 1 - poisson.cdf(most, 6), runs);
    expect(falseAlarms).toEqual(rolledBack);
    expect(rollbacks).toEqual({ 'guardrail at most 5 errors': rolledBack.count });
  });

  test('one test at a fixed horizon has its level, and the power that its formula gives', async () => {
    const alpha = 0.05;
    const horizon = rule('z test at the end', (judged) => {
      const [start] = judged.strata;
      // Only at the tick at which the stage ends.
      if (start === undefined || judged.now < monday + hour) return false;
      const [baseline, candidate] = [counted(judged, 'baseline'), counted(judged, 'candidate')];
      const counts = { x1: baseline.x, n1: baseline.n, x2: candidate.x, n2: candidate.n };
      const { pValue } = twoProportionZTest({ ...counts, alternative: 'greater' });
      return pValue < alpha;
    });
    const monday = Date.UTC(2026, 0, 5);
    const simulation = {
      strategy: one(horizon),
      traffic: { perHour: 1200 },
      models: { v1: failing(0.1), v2: failing(0.1) },
      forMs: 2 * hour,
      tickEveryMs: 20 * minute,
    };
    const rehearsal = defineRehearsal({
      simulation,
      scenarios: {
        equal: { truth: 'harmless' },
        worse: { truth: 'harmful', models: { v2: failing(0.14) } },
      },
    });
    const { scenarios } = await rehearse({ rehearsal, runs });
    const [equal, worse] = scenarios as readonly [ScenarioResult, ScenarioResult];
    near(equal.falseAlarms?.rate ?? 0, alpha, runs);
    const { power } = powerTwoProportions({ p1: 0.1, p2: 0.14, nPerArm: 600, alpha, twoSided: false });
    expect(power).toBeGreaterThan(0.6);
    near(worse.rolledBack.rate, power, runs);
  });

  test('the time to the first error is exponential', async () => {
    const tickMs = 2 * minute;
    const simulation = {
      strategy: one(maxErrorRate(0), 100 * hour),
      traffic: { perHour: 600 },
      // Two errors an hour.
      models: { v1: {}, v2: failing(1 / 150) },
      forMs: 12 * hour,
      tickEveryMs: tickMs,
    };
    const rehearsal = defineRehearsal({ simulation, scenarios: { leaky: { truth: 'harmful' } } });
    const { rolledBack, decidedAfterMs, usersExposed, harm } = first(await rehearse({ rehearsal, runs: 80 }));
    expect(rolledBack.rate).toBe(1);
    for (const [quantile, estimate] of [
      [0.1, decidedAfterMs?.p10],
      [0.5, decidedAfterMs?.p50],
      [0.9, decidedAfterMs?.p90],
    ] as const) {
      // It is seen at the next tick: half a tick later, on average.
      const truth = (-Math.log(1 - quantile) * hour) / 2 + tickMs / 2;
      expect(Math.abs((estimate?.value ?? 0) - truth)).toBeLessThan(4 * (estimate?.standardError ?? 0) + tickMs / 2);
      expect(estimate?.standardError).toBeGreaterThan(0);
    }
    // Until then the candidate had 300 an hour, each somebody new.
    const expected = 150 + (300 * tickMs) / 2 / hour;
    expect(Math.abs(usersExposed.value - expected)).toBeLessThan(4 * usersExposed.standardError);
    expect(Math.abs(harm.excessErrors.value - expected / 150)).toBeLessThan(4 * harm.excessErrors.standardError);
  });
});

const simulation = {
  strategy: canary,
  metrics,
  traffic,
  models: { v1: good, v2: good },
  forMs: hour,
  tickEveryMs: minute,
};
const scenarios = {
  equal: { truth: 'harmless', says: 'like the baseline' },
  crashing: { truth: 'harmful', models: { v2: crashing } },
} as const;
const rehearsal = defineRehearsal({ simulation, scenarios });

describe('a rehearsal', () => {
  test('tells of each stage how many got there, how long it took and how many saw it', async () => {
    const { scenarios, weakSpots } = await rehearse({ rehearsal, runs: 5 });
    const [equal, crashed] = scenarios as readonly [ScenarioResult, ScenarioResult];
    expect([equal.promoted.rate, crashed.rolledBack.rate]).toEqual([1, 1]);
    expect(
      equal.steps.map(({ node, name, reached, rolledBack }) => [node, name, reached.rate, rolledBack.rate]),
    ).toEqual([
      ['simulation', '10%', 1, 0],
      ['simulation', '50%', 1, 0],
      ['simulation', 'promoted', 1, 0],
    ]);
    expect(equal.steps.slice(0, 2).map(({ forMs }) => forMs.value)).toEqual([10 * minute, 20 * minute]);
    const [ten, fifty] = equal.steps;
    expect(Math.abs((ten?.treated.value ?? 0) - 100)).toBeLessThan(4 * Math.sqrt(20));
    expect(Math.abs((ten?.control.value ?? 0) - 900)).toBeLessThan(4 * Math.sqrt(180));
    expect(Math.abs((fifty?.treated.value ?? 0) - 1000)).toBeLessThan(4 * Math.sqrt(200));
    expect(crashed.steps.map(({ name, reached, rolledBack }) => [name, reached.rate, rolledBack.rate])).toEqual([
      ['10%', 1, 1],
      ['rolled-back', 1, 0],
    ]);
    // Nobody left it forwards, so nothing is known of its length.
    expect(crashed.steps[0]?.forMs).toEqual({ value: 0, standardError: 0 });
    expect(crashed.says).toBe('crashing');
    expect(crashed.rollbacks).toEqual({ 'guardrail maxErrorRate(0.1)': 5 });
    expect(crashed.harm.excessErrors.value).toBeCloseTo(0.49 * crashed.requestsExposed.value, 6);
    expect(weakSpots).toEqual([]);
  });

  test('is the same for the same seed, whatever else is rehearsed', async () => {
    const all = await rehearse({ rehearsal, runs: 3, seed: 7 });
    const some = await rehearse({ rehearsal, runs: 3, seed: 7, scenarios: ['crashing'] });
    expect(some.scenarios).toEqual(all.scenarios.slice(1));
    const other = await rehearse({ rehearsal, runs: 3, seed: 8, scenarios: ['crashing'] });
    expect(other.scenarios).not.toEqual(some.scenarios);
    expect(JSON.parse(JSON.stringify(all))).toEqual(all);
  });

  test('tells how far it is, and gives units of their own to each run', async () => {
    const told: unknown[] = [];
    const seen: number[] = [];
    await rehearse({
      rehearsal: { ...rehearsal, run: (...args) => (seen.push(args[1]), rehearsal.run(...args)) },
      runs: 2,
      onProgress: (progress) => told.push(progress),
    });
    expect(told).toEqual([
      { done: 1, of: 4, scenario: 'equal' },
      { done: 2, of: 4, scenario: 'equal' },
      { done: 3, of: 4, scenario: 'crashing' },
      { done: 4, of: 4, scenario: 'crashing' },
    ]);
    expect(new Set(seen).size).toBe(4);
  });

  test('stops between two runs, or within one', async () => {
    const controller = new AbortController();
    const onProgress = () => controller.abort();
    const stopped = rehearse({ rehearsal, runs: 5, onProgress, signal: controller.signal });
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
    await expect(rehearse({ rehearsal, signal: AbortSignal.abort('now') })).rejects.toMatchObject({ cause: 'now' });
    const within = new AbortController();
    const running = rehearsal.run('equal', 1, within.signal);
    within.abort();
    await expect(running).rejects.toMatchObject({ code: 'aborted' });
  });

  test.each([
    [{ rehearsal, runs: 0 }, 'options.runs'],
    [{ rehearsal, runs: 100_001 }, 'options.runs'],
    [{ rehearsal, seed: 1.5 }, 'options.seed'],
    [{ rehearsal, workers: 65 }, 'options.workers'],
    [{ rehearsal, scenarios: ['worse'] }, 'options.scenarios'],
    [{ rehearsal, scenarios: [] }, 'options.scenarios'],
    [{ rehearsal, workers: 2 }, 'options.rehearsal'],
    [{ rehearsal: {} }, 'options.rehearsal'],
    [{ rehearsal, speed: 2 }, 'options.speed'],
  ])('is refused with a mistake: %#', async (options, path) => {
    await expect(rehearse(options as never)).rejects.toMatchObject({ code: 'config', issues: [{ path }] });
  });
});

describe('a definition', () => {
  test('is checked at once, in each scenario', () => {
    const wrong = { ...scenarios, worse: { truth: 'harmful', models: { v2: { errorRate: 2 } } } } as const;
    expect(() => defineRehearsal({ simulation, scenarios: wrong })).toThrow(
      'definition.scenarios.worse.models.v2.errorRate: must be a fraction in [0, 1]',
    );
    expect(() => defineRehearsal({ simulation, scenarios: {} })).toThrow('definition.scenarios');
    expect(() => defineRehearsal({ simulation, scenarios: { a: { truth: 'maybe' } } } as never)).toThrow(
      "'harmless' or 'harmful'",
    );
    expect(() => defineRehearsal({ simulation: { ...simulation, forMs: undefined }, scenarios } as never)).toThrow(
      'simulation.forMs',
    );
    const once = { ...simulation, traffic: { lines: (function* () {})() } };
    expect(() => defineRehearsal({ simulation: once, scenarios } as never)).toThrow(
      'each run reads them from the beginning',
    );
  });

  test('gives a scenario its own traffic, outages and orders beside those of all', async () => {
    const own = defineRehearsal({
      simulation: { ...simulation, script: [{ atMs: 2 * minute, command: 'pause' }] },
      scenarios: {
        quiet: { truth: 'harmless', traffic: { perHour: 60 } },
        out: { truth: 'harmful', outages: [{ of: 'model', model: 'v2', atMs: 0, forMs: hour }] },
        forced: { truth: 'harmless', script: [{ atMs: 3 * minute, command: 'promote' }] },
      },
    });
    const [quiet, out, forced] = [await own.run('quiet', 1), await own.run('out', 1), await own.run('forced', 1)];
    expect([quiet.ended, quiet.waitingFor]).toEqual(['undecided', ['resume()']]);
    expect(quiet.requests).toBeLessThan(100);
    expect(out.ended).toBe('rolled-back');
    expect([forced.ended, forced.afterMs]).toEqual(['promoted', 3 * minute]);
  });

  test('looks 500 times a run unless told otherwise, but not more often than a router', async () => {
    const looks = async (forMs: number) => {
      const { tickEveryMs: _, ...plan } = simulation;
      const quiet = { ...plan, forMs, traffic: { perHour: 60 } };
      const { afterMs } = await defineRehearsal({ simulation: quiet, scenarios }).run('equal', 1);
      return afterMs;
    };
    // The second stage ends with the first look after 30 minutes.
    expect(await looks(hour)).toBe(30 * minute);
    expect(await looks(500 * 7 * minute)).toBe(35 * minute);
  });
});

describe('weak spots', () => {
  const small = defineRehearsal({
    simulation: {
      strategy: new Canary({
        baseline: 'v1',
        candidate: 'v2',
        stages: [
          { share: 0.1, minAgeMs: hour },
          { share: 0.5, minAgeMs: hour },
        ],
        guardrails: [noWorseThan('clicked')],
      }),
      metrics: { clicked: binary({ per: 'report' }) },
      traffic: { perHour: 2000 },
      models: { v1: rated(0.2), v2: rated(0.2) },
      forMs: 4 * hour,
      tickEveryMs: 20 * minute,
    },
    scenarios: {
      equal: { truth: 'harmless' },
      worse: { truth: 'harmful', says: 'worse by a point', models: { v2: rated(0.19) } },
    },
  });

  function rated(rate: number) {
    return { metrics: { clicked: { rate, reportsFalse: true } } };
  }

  test('are losses that no test could see in a stage, and that get through', async () => {
    const { weakSpots } = await rehearse({ rehearsal: small, runs: 10 });
    expect(weakSpots.map(({ kind, stage }) => [kind, stage])).toEqual([
      ['missed-harm', undefined],
      ['blind-stage', '10%'],
      ['blind-stage', '50%'],
    ]);
    const [missed, blind, later] = weakSpots.map(({ text }) => text);
    // What the first stage saw counts too: 2 x (1800 x 200 + 1000 x 1000) / 2000 = 1360 units per arm, and 3.17
    // standard errors.
    expect(later).toMatch(/no test finds less than (4\.[6-9]|5) points there/);
    expect(missed).toMatch(
      /^A candidate that is worse by a point is promoted in \d+ % \(± [\d.]+ %\) of the roll-outs\.$/,
    );
    expect(blind).toMatch(
      /^With (19|20)\d outcomes an hour of the candidate, stage 10% of simulation cannot detect a loss of 1 point of clicked before it ends after 1 hour: no test finds less than (8|9|10)(\.\d+)? points there in four of five roll-outs\.$/,
    );
  });

  test('are false alarms, with the rule that gives most of them', async () => {
    const nervous = defineRehearsal({
      simulation: { ...simulation, strategy: one(maxErrorRate(0)) },
      scenarios: { equal: { truth: 'harmless', says: 'like the baseline' } },
    });
    const { weakSpots, scenarios } = await rehearse({ rehearsal: nervous, runs: 10 });
    expect(weakSpots).toHaveLength(1);
    expect(weakSpots[0]?.kind).toBe('false-alarms');
    expect(weakSpots[0]?.text).toBe(
      'A candidate that is like the baseline is rolled back in 100 % (± 0 %) of the roll-outs, most often by guardrail maxErrorRate(0).',
    );
    expect(scenarios[0]?.wrongSeeds).toHaveLength(10);
  });

  test('are roll-outs without an end, with what they wait for', async () => {
    const stuck = defineRehearsal({
      simulation: {
        ...simulation,
        strategy: new Canary({
          baseline: 'v1',
          candidate: 'v2',
          stages: [{ share: 0.1 }, { share: 0.5, minOutcomes: 1_000_000 }],
        }),
      },
      scenarios: { equal: { truth: 'harmless', says: 'like the baseline' } },
    });
    const { weakSpots } = await rehearse({ rehearsal: stuck, runs: 3 });
    expect(weakSpots).toHaveLength(1);
    expect(weakSpots[0]).toMatchObject({ kind: 'no-decision', node: 'simulation', stage: '50%' });
    expect(weakSpots[0]?.text).toMatch(
      /^With a candidate that is like the baseline, 100 % \(± 0 %\) of the roll-outs have not ended after 1 hour, most often in stage 50%; the first waits for \d+ more outcomes\.$/,
    );
  });
});
