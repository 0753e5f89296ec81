import { describe, expect, test } from 'vitest';
import type { Issue } from '../../src/core/errors.js';
import { seededRng } from '../../src/core/rng.js';
import { Drawn } from '../../src/simulate/outcome.js';
import { type SimulatedModel, modelCheck, samplerOf } from '../../src/simulate/simulated-model.js';
import { seed } from '../seed.js';

const n = 40_000;
const request = (atMs = 0) => ({ atMs, context: {} });

interface Draws {
  readonly errors: number;
  readonly latencies: readonly number[];
  readonly values: Readonly<Record<string, readonly unknown[]>>;
  readonly delays: readonly number[];
}

function draw(model: SimulatedModel, count = n, atMs = 0): Draws {
  const sampler = samplerOf(model, seededRng(seed));
  const drawn = new Drawn();
  const values: Record<string, unknown[]> = {};
  const [latencies, delays]: [number[], number[]] = [[], []];
  let errors = 0;
  for (let i = 0; i < count; i += 1) {
    drawn.clear();
    sampler.draw(request(atMs), drawn);
    if (drawn.error) errors += 1;
    latencies.push(drawn.latencyMs);
    for (let report = 0; report < drawn.count; report += 1) {
      (values[drawn.names[report] as string] ??= []).push(drawn.values[report]);
      delays.push(drawn.delaysMs[report] as number);
    }
  }
  return { errors, latencies, values, delays };
}

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const deviationOf = (values: readonly number[]) => {
  const mean = meanOf(values);
  return Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2)));
};
const near = (actual: number, expected: number, error: number) =>
  expect(Math.abs(actual - expected)).toBeLessThan(4 * error);

describe('a model as distributions', () => {
  test('fails at its rate, and then brings no metric', () => {
    const { errors, values } = draw({ errorRate: 0.3, metrics: { clicked: { rate: 1 } } });
    near(errors, 0.3 * n, Math.sqrt(0.21 * n));
    expect(values['clicked']?.length).toBe(n - errors);
  });

  test('never fails, takes no time and reports nothing where nothing is said', () => {
    const { errors, latencies, values } = draw({}, 100);
    expect([errors, Math.max(...latencies), values]).toEqual([0, 0, {}]);
  });

  test('has latencies with its median, its tail and the mean that is expected of it', () => {
    const model = { latencyMs: { medianMs: 100, tail: 3 } };
    const { latencies } = draw(model);
    const share = (limit: number) => latencies.filter((ms) => ms > limit).length / n;
    near(share(100), 0.5, Math.sqrt(0.25 / n));
    near(share(300), 0.05, Math.sqrt(0.0475 / n));
    const expected = samplerOf(model, seededRng(1)).expected?.latencyMs(0) ?? 0;
    near(meanOf(latencies), expected, deviationOf(latencies) / Math.sqrt(n));
    // exp(sigma^2 / 2) over the median, sigma = ln 3 / 1.6449.
    expect(expected).toBeCloseTo(100 * Math.exp((Math.log(3) / 1.6448536) ** 2 / 2), 3);
  });

  test('has a tail of 2 unless told otherwise, and a constant latency where it is a number', () => {
    const share = draw({ latencyMs: { medianMs: 10 } }).latencies.filter((ms) => ms > 20).length / n;
    near(share, 0.05, Math.sqrt(0.0475 / n));
    expect(new Set(draw({ latencyMs: 42 }, 100).latencies)).toEqual(new Set([42]));
  });

  test('reports events that happen, and others only where it is told to', () => {
    const { values } = draw({ metrics: { clicked: { rate: 0.1 }, rated: { rate: 0.4, reportsFalse: true } } });
    near(values['clicked']?.length ?? 0, 0.1 * n, Math.sqrt(0.09 * n));
    expect(new Set(values['clicked'])).toEqual(new Set([true]));
    expect(values['rated']?.length).toBe(n);
    near(values['rated']?.filter((value) => value === true).length ?? 0, 0.4 * n, Math.sqrt(0.24 * n));
  });

  test.each(['normal', 'lognormal'] as const)('reports %s amounts with their mean and deviation', (shape) => {
    const { values } = draw({ metrics: { revenue: { mean: 20, sd: 8, shape } } });
    const amounts = values['revenue'] as readonly number[];
    near(meanOf(amounts), 20, 8 / Math.sqrt(n));
    expect(Math.abs(deviationOf(amounts) / 8 - 1)).toBeLessThan(0.05);
    expect(Math.min(...amounts) > 0).toBe(shape === 'lognormal');
  });

  test('reports amounts for as many as have one, and expects their mean over all', () => {
    const model = { metrics: { revenue: { mean: 20, rate: 0.05 } } };
    const { values } = draw(model);
    near(values['revenue']?.length ?? 0, 0.05 * n, Math.sqrt(0.0475 * n));
    expect(new Set(values['revenue'])).toEqual(new Set([20]));
    const expected = samplerOf(model, seededRng(1)).expected;
    expect(expected?.metric('revenue', 0)).toBe(1);
    expect(expected?.metric('other', 0)).toBe(0);
    expect(expected?.metric('constructor', 0)).toBe(0);
  });

  test('reports at once, or after exponential delays', () => {
    expect(Math.max(...draw({ metrics: { clicked: { rate: 1 } } }, 100).delays)).toBe(0);
    const { delays } = draw({ metrics: { clicked: { rate: 1, delayMs: 500 } } });
    near(meanOf(delays), 500, 500 / Math.sqrt(n));
    near(delays.filter((ms) => ms > 500).length / n, Math.exp(-1), Math.sqrt(0.2325 / n));
    expect(meanOf(draw({ metrics: { paid: { mean: 1, delayMs: 500 } } }).delays)).toBeGreaterThan(400);
  });

  test('drifts', () => {
    const model: SimulatedModel = {
      errorRate: [
        [0, 0],
        [1000, 1],
      ],
    };
    expect(draw(model, 100, 0).errors).toBe(0);
    near(draw(model, n, 500).errors, n / 2, Math.sqrt(n / 4));
    expect(draw(model, 100, 1000).errors).toBe(100);
  });

  test('differs from its primary with the chance it has', () => {
    expect(samplerOf({ mismatch: 0.2 }, seededRng(1)).mismatch(0)).toBe(0.2);
    expect(samplerOf({}, seededRng(1)).mismatch(0)).toBe(0);
  });
});

test('a model as a function is asked for each request, and nothing is expected of it', () => {
  const model: SimulatedModel = ({ atMs, context }, rng) => ({
    error: atMs > 5,
    latencyMs: 7,
    afterMs: 3,
    clicked: context.targetingKey === 'ann',
    chance: rng.next(),
  });
  const sampler = samplerOf(model, seededRng(seed));
  const drawn = new Drawn();
  sampler.draw({ atMs: 5, context: { targetingKey: 'ann' } }, drawn);
  expect([drawn.error, drawn.latencyMs, drawn.count]).toEqual([false, 7, 2]);
  expect(drawn.names.slice(0, 2)).toEqual(['clicked', 'chance']);
  expect(drawn.values[0]).toBe(true);
  expect(drawn.values[1]).toBe(seededRng(seed).next());
  expect(drawn.delaysMs.slice(0, 2)).toEqual([3, 3]);
  drawn.clear();
  sampler.draw({ atMs: 6, context: {} }, drawn);
  expect(drawn.error).toBe(true);
  expect(sampler.expected).toBeUndefined();
  expect(sampler.mismatch(0)).toBe(0);
});

test.each([
  [{}, []],
  [() => ({}), []],
  [{ errorRate: 1.1 }, ['at.errorRate']],
  [{ latencyMs: -1 }, ['at.latencyMs']],
  [{ latencyMs: { medianMs: 5, tail: 1 } }, []],
  [{ latencyMs: { medianMs: 5, tail: 0.9 } }, ['at.latencyMs']],
  [{ latencyMs: { median: 5 } }, ['at.latencyMs']],
  [{ metrics: { clicked: { rate: 2 } } }, ['at.metrics.clicked.rate']],
  [{ metrics: { clicked: { rate: 0.5, delayMs: -1 } } }, ['at.metrics.clicked.delayMs']],
  [{ metrics: { paid: { mean: 'much' } } }, ['at.metrics.paid.mean']],
  [{ metrics: { paid: { mean: 1, sd: -1 } } }, ['at.metrics.paid.sd']],
  [{ metrics: { paid: { mean: 1, shape: 'round' } } }, ['at.metrics.paid.shape']],
  [{ metrics: { paid: { mean: 0, sd: 1, shape: 'lognormal' } } }, ['at.metrics.paid.mean']],
  [{ metrics: { paid: { mean: 0, sd: 1 } } }, []],
  [{ mismatch: -1 }, ['at.mismatch']],
  [{ errors: 0.1 }, ['at.errors']],
  ['v1', ['at']],
])('a model is checked: %j', (value, paths) => {
  const issues: Issue[] = [];
  modelCheck(value, 'at', issues);
  expect(issues.map(({ path }) => path)).toEqual(paths);
});
