import { describe, expect, test } from 'vitest';
import { noWorseThan } from '../../src/analysis/no-worse-than.js';
import { defineRehearsal } from '../../src/simulate/rehearsal.js';
import { rehearse } from '../../src/simulate/rehearse.js';
import { type StagesGoal, type StagesSuggestion, suggestStages } from '../../src/simulate/suggest-stages.js';
import { sampleSizeTwoProportions } from '../../src/stats/planning/proportions.js';
import { Canary } from '../../src/strategies/canary.js';
import { hour, minute } from './plans.js';

const goal: StagesGoal = { perHour: 10_000, rate: 0.1, loss: 0.02 };

/** The units per arm that two equal arms would need for the same information. */
const unitsOf = ({ forecast }: StagesSuggestion, perHour: number) =>
  2 * forecast.reduce((sum, { share, forMs }) => sum + share * (1 - share) * (forMs / hour) * perHour, 0);
const neededFor = (p1: number, p2: number, power = 0.8, alpha = 0.01) =>
  sampleSizeTwoProportions({ p1, p2, power, alpha, twoSided: false }).nPerArm;

describe('suggested stages', () => {
  test('gather 2.5 times the information that one test needs: what it costs to look all the time', () => {
    const suggestion = suggestStages({ ...goal, perHour: 1000 });
    expect(suggestion.stages.map(({ share }) => share)).toEqual([0.01, 0.05, 0.25, 0.5]);
    expect(unitsOf(suggestion, 1000)).toBeCloseTo(2.5 * neededFor(0.1, 0.08), 3);
    expect(suggestion.isFeasible).toBe(true);
    expect(suggestion.totalMs).toBe(suggestion.forecast.reduce((sum, { forMs }) => sum + forMs, 0));
    const losses = suggestion.forecast.map(({ findsLoss }) => findsLoss);
    expect(losses.at(-1)).toBeCloseTo(0.02, 9);
    // Each finds twice the loss of the next, unless there is no more to lose.
    expect(losses.at(-2)).toBeCloseTo(0.04, 9);
    expect(losses.at(-3)).toBeCloseTo(0.08, 9);
    expect(losses.at(-4)).toBeCloseTo(0.09, 9);
  });

  test('last as long as an even split would take, if there is but one', () => {
    const { stages, forecast, totalMs } = suggestStages({ ...goal, shares: [0.5] });
    expect(totalMs).toBeCloseTo((2 * 2.5 * neededFor(0.1, 0.08) * hour) / 10_000, 3);
    expect(stages).toHaveLength(1);
    expect(stages[0]?.minAgeMs).toBe(Math.ceil(totalMs));
    expect(forecast[0]?.outcomes).toBe(Math.round((totalMs / hour) * 5000));
    expect(stages[0]?.minOutcomes).toBe(Math.floor(0.9 * (forecast[0]?.outcomes ?? 0)));
  });

  test('know more power and a lower level, and what more of is worse', () => {
    const suggestion = suggestStages({ ...goal, power: 0.95, alpha: 0.001, direction: 'up' });
    expect(unitsOf(suggestion, 10_000)).toBeCloseTo(2.5 * neededFor(0.1, 0.12, 0.95, 0.001), 3);
  });

  test('are no shorter than ten minutes, nor than the window of the metric', () => {
    const busy = { ...goal, perHour: 1e8 };
    expect(suggestStages(busy).forecast.map(({ forMs }) => forMs)).toEqual(Array(4).fill(10 * minute));
    const slow = suggestStages({ ...busy, windowMs: hour });
    expect(slow.forecast.map(({ forMs }) => forMs)).toEqual(Array(4).fill(hour));
  });

  test('leave out the smallest shares while there is no time for them, and say so', () => {
    const whole = suggestStages(goal);
    expect(suggestStages({ ...goal, withinMs: whole.totalMs })).toEqual(whole);
    const less = suggestStages({ ...goal, withinMs: whole.totalMs - 1 });
    expect(less.stages.map(({ share }) => share)).toEqual([0.05, 0.25, 0.5]);
    expect(less.isFeasible).toBe(true);
    expect(less.notes[0]).toBe('The smallest stage is left out: there is no time for more.');
    const { totalMs } = suggestStages({ ...goal, shares: [0.5] });
    const least = suggestStages({ ...goal, withinMs: totalMs });
    expect(least.stages.map(({ share }) => share)).toEqual([0.5]);
    expect(least.notes[0]).toBe('The 3 smallest stages are left out: there is no time for more.');
  });

  test('say what can be found where the goal cannot be met', () => {
    const { stages, forecast, isFeasible, notes, totalMs } = suggestStages({ ...goal, withinMs: 30 * minute });
    expect([isFeasible, totalMs, stages.length]).toEqual([false, 30 * minute, 1]);
    const found = forecast[0]?.findsLoss ?? 0;
    // With half the information of 5000 requests.
    expect(2500).toBeCloseTo(2.5 * neededFor(0.1, 0.1 - found), 0);
    expect(notes[0]).toMatch(
      /^A loss of 2 points needs [\d.]+ hours even at a share of 50 %; within 30 minutes the ramp finds [\d.]+ points\.$/,
    );
    const hopeless = suggestStages({ perHour: 1, rate: 0.1, loss: 0.02, withinMs: hour });
    expect(hopeless.notes[0]).toMatch(/the ramp finds nothing\.$/);
    expect(hopeless.notes.at(-1)).toBe('50 %: 1 hour, by its end no loss is found.');
  });

  test('are told in words', () => {
    const { notes } = suggestStages({ ...goal, shares: [0.2, 0.5] });
    expect(notes).toHaveLength(2);
    expect(notes[0]).toMatch(/^20 %: [\d.]+ (minutes|hours?), by its end a loss of 4 points is found\.$/);
    expect(notes[1]).toMatch(/^50 %: [\d.]+ (minutes|hours?), by its end a loss of 2 points is found\.$/);
  });

  test.each([
    [{ ...goal, perHour: 0 }, 'goal.perHour'],
    [{ ...goal, rate: 1 }, 'goal.rate'],
    [{ ...goal, loss: 0.1 }, 'goal.loss'],
    [{ ...goal, rate: 0.95, loss: 0.06, direction: 'up' }, 'goal.loss'],
    [{ ...goal, direction: 'left' }, 'goal.direction'],
    [{ ...goal, shares: [0.5, 0.5] }, 'goal.shares'],
    [{ ...goal, shares: [] }, 'goal.shares'],
    [{ ...goal, shares: [1] }, 'goal.shares[0]'],
    [{ ...goal, windowMs: -1 }, 'goal.windowMs'],
    [{ ...goal, withinMs: 0 }, 'goal.withinMs'],
    [{ ...goal, power: 1 }, 'goal.power'],
    [{ ...goal, alpha: 0 }, 'goal.alpha'],
    [{ ...goal, hurry: true }, 'goal.hurry'],
  ])('are refused for a goal that is none: %j', (wrong, path) => {
    expect(() => suggestStages(wrong as StagesGoal)).toThrow(path);
  });

  test('find the loss as often as they promise, when they are rehearsed', async () => {
    const perHour = 6000;
    const { stages, totalMs } = suggestStages({ perHour, rate: 0.1, loss: 0.04, direction: 'up', shares: [0.1, 0.5] });
    const rehearsal = defineRehearsal({
      simulation: {
        strategy: new Canary({ baseline: 'v1', candidate: 'v2', stages, guardrails: [noWorseThan('error')] }),
        models: { v1: { errorRate: 0.1 }, v2: { errorRate: 0.1 } },
        traffic: { perHour },
        forMs: 2 * totalMs,
        tickEveryMs: totalMs / 30,
      },
      scenarios: {
        equal: { truth: 'harmless' },
        worse: { truth: 'harmful', models: { v2: { errorRate: 0.14 } } },
      },
    });
    const { scenarios } = await rehearse({ rehearsal, runs: 40 });
    const [equal, worse] = scenarios;
    expect(worse?.rolledBack.rate).toBeGreaterThan(0.8 - 3 * Math.sqrt((0.8 * 0.2) / 40));
    expect(equal?.promoted.rate).toBeGreaterThan(0.95);
  });
});
