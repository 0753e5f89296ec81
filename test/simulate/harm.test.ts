import { describe, expect, test } from 'vitest';
import { binary, continuous } from '../../src/evidence/metric.js';
import { simulate } from '../../src/simulate/simulate.js';
import type { SimulatedModel } from '../../src/simulate/simulated-model.js';
import { Canary } from '../../src/strategies/canary.js';
import { hour, minute } from './plans.js';

const metrics = { clicked: binary(), complained: binary({ better: 'lower' }), revenue: continuous({ cap: 100 }) };
const strategy = new Canary({ baseline: 'v1', candidate: 'v2', stages: [{ share: 0.5, hold: true }] });

const run = async (v1: SimulatedModel, v2: SimulatedModel, more: object = {}) => {
  const plan = { strategy, metrics, traffic: { perHour: 2000 }, forMs: hour, tickEveryMs: 10 * minute, ...more };
  const { models } = await simulate({ ...plan, models: { v1, v2 } });
  const [reference, candidate] = [models['v1'], models['v2']];
  if (reference === undefined || candidate === undefined) throw new Error('both have requests');
  return { reference, candidate, n: candidate.exposed };
};
const rates = (clicked: number, complained = 0) => ({ clicked: { rate: clicked }, complained: { rate: complained } });

describe('harm', () => {
  test('is what was to be expected of the reference, less what was to be expected of the model', async () => {
    const v1 = { errorRate: 0.1, latencyMs: 50, metrics: rates(0.2, 0.01) };
    const v2 = { errorRate: 0.3, latencyMs: 80, metrics: rates(0.15, 0.04) };
    const { reference, candidate, n } = await run(v1, v2, { onModelError: 'baseline' });
    expect(reference.harm).toBeUndefined();
    expect(candidate.harm?.excessErrors).toBeCloseTo(0.2 * n, 6);
    expect(candidate.harm?.extraLatencyMs).toBeCloseTo(30 * n, 6);
    // 70 % answers of its own, and 90 % of the rest by the fallback.
    expect(candidate.harm?.lost['clicked']).toBeCloseTo((0.9 * 0.2 - 0.7 * 0.15 - 0.3 * 0.9 * 0.2) * n, 6);
    // Less is better here: what it has more of is a loss.
    expect(candidate.harm?.lost['complained']).toBeCloseTo((0.7 * 0.04 + 0.3 * 0.9 * 0.01 - 0.9 * 0.01) * n, 6);
    expect(candidate.harm?.lost['revenue']).toBeCloseTo(0, 10);
  });

  test('is negative for a model that is better', async () => {
    const { candidate, n } = await run({ metrics: rates(0.2) }, { metrics: rates(0.25) });
    expect(candidate.harm?.lost['clicked']).toBeCloseTo(-0.05 * n, 6);
    expect(candidate.harm?.excessErrors).toBe(0);
  });

  test('counts the outages of both', async () => {
    const outages = [
      { of: 'model' as const, model: 'v2' as const, atMs: 0, forMs: hour, errorRate: 0.5 },
      { of: 'model' as const, model: 'v1' as const, atMs: 0, forMs: hour, errorRate: 0.2 },
    ];
    const { candidate, n } = await run({ errorRate: 0.1 }, { errorRate: 0.1 }, { outages });
    expect(candidate.harm?.excessErrors).toBeCloseTo((0.55 - 0.28) * n, 6);
  });

  test('follows a drift', async () => {
    const drift: SimulatedModel = {
      errorRate: [
        [0, 0],
        [hour, 0.4],
      ],
    };
    const { candidate, n } = await run({}, drift);
    expect(Math.abs((candidate.harm?.excessErrors ?? 0) - 0.2 * n)).toBeLessThan(0.01 * n);
  });

  test('of a function is what came, less what the reference would have given on average', async () => {
    const v1 = { errorRate: 0.1, latencyMs: 50, metrics: rates(0.2) };
    const v2: SimulatedModel = () => ({ error: false, latencyMs: 60, clicked: true, complained: true, revenue: 7 });
    const { candidate, n } = await run(v1, v2);
    expect(candidate.harm?.excessErrors).toBeCloseTo(-0.1 * n, 6);
    expect(candidate.harm?.extraLatencyMs).toBeCloseTo(10 * n, 6);
    expect(candidate.harm?.lost['clicked']).toBeCloseTo((0.18 - 1) * n, 6);
    expect(candidate.harm?.lost['complained']).toBeCloseTo(n, 6);
    expect(candidate.harm?.lost['revenue']).toBeCloseTo(-7 * n, 6);
  });

  test('of a function that fails is without what it would have reported, and with what its fallback brings', async () => {
    const v1 = { metrics: rates(0.2) };
    const v2: SimulatedModel = () => ({ error: true, clicked: true });
    const thrown = await run(v1, v2, { onModelError: 'throw' });
    expect(thrown.candidate.harm?.excessErrors).toBe(thrown.n);
    expect(thrown.candidate.harm?.lost['clicked']).toBeCloseTo(0.2 * thrown.n, 6);
    const { candidate, n } = await run(v1, v2);
    const came = candidate.metrics['clicked']?.sum ?? 0;
    expect(Math.abs(came - 0.2 * n)).toBeLessThan(4 * Math.sqrt(0.16 * n));
    expect(candidate.harm?.lost['clicked']).toBeCloseTo(0.2 * n - came, 6);
  });

  test('is unknown where nothing is known of the reference', async () => {
    const { candidate } = await run(() => ({}), { errorRate: 0.5 });
    expect(candidate.harm).toBeUndefined();
  });

  test('is held against the model that is named', async () => {
    const { reference, candidate, n } = await run({ errorRate: 0.3 }, { errorRate: 0.1 }, { reference: 'v2' });
    expect(candidate.harm).toBeUndefined();
    expect(reference.harm?.excessErrors).toBeCloseTo(0.2 * reference.exposed, 6);
    expect(n).toBeGreaterThan(0);
  });

  test('reaches users, who are counted once', async () => {
    const { candidate, n } = await run({}, {}, { population: { units: 300 } });
    expect(n).toBeGreaterThan(800);
    expect(Math.abs(candidate.units - 150)).toBeLessThan(30);
  });
});

test('amounts are summed as their metric counts them: up to the cap', async () => {
  const { candidate, n } = await run({}, { metrics: { revenue: { mean: 250 } } });
  expect(candidate.metrics['revenue']).toEqual({ n, sum: 100 * n });
});
