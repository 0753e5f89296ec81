import { expect, test } from 'vitest';
import { usualScenarios } from '../../src/simulate/scenarios.js';

const like = {
  errorRate: 0.02,
  latencyMs: { medianMs: 40, tail: 3 },
  metrics: { clicked: { rate: 0.1, delayMs: 5 }, revenue: { mean: 20, sd: 4 } },
};
const options = { candidate: 'v2', like, metric: 'clicked', better: 0.03, worse: 0.02 } as const;

test('the usual scenarios change one thing each, in the candidate alone', () => {
  const usual = usualScenarios({ ...options, driftMs: 1000 });
  const clicked = (rate: unknown) => ({ v2: { ...like, metrics: { ...like.metrics, clicked: { rate, delayMs: 5 } } } });
  expect(usual.equal.models).toEqual({ v2: like });
  expect(usual.better.models).toEqual(clicked(0.13));
  expect(usual.worse.models).toEqual(clicked(0.08));
  expect(usual.slow.models).toEqual({ v2: { ...like, latencyMs: { medianMs: 80, tail: 3 } } });
  expect(usual.crashing.models).toEqual({ v2: { ...like, errorRate: 0.5 } });
  const drift = [
    [0, 0.1],
    [1000, 0.08],
  ];
  expect(usual.drifting.models).toEqual(clicked(drift));
});

test('they say what is harmful, and in words what they are', () => {
  const usual = Object.entries(usualScenarios(options)).map(([name, { truth, says }]) => [name, truth, says]);
  expect(usual).toEqual([
    ['equal', 'harmless', 'like the baseline'],
    ['better', 'harmless', 'better by 0.03 in clicked'],
    ['worse', 'harmful', 'worse by 0.02 in clicked'],
    ['slow', 'harmful', '2 times as slow'],
    ['crashing', 'harmful', 'fails 50 % of its calls'],
    ['drifting', 'harmful', 'worse by up to 0.02 in clicked'],
  ]);
});

test('of errors, fewer are better', () => {
  const usual = usualScenarios({ ...options, metric: 'error', better: 0.01, worse: 0.05 });
  expect(usual.better.models).toEqual({ v2: { ...like, errorRate: 0.01 } });
  expect(usual.worse.models).toEqual({ v2: { ...like, errorRate: 0.02 + 0.05 } });
});

test('a rate stays one, and an amount is shifted as it is', () => {
  const usual = usualScenarios({ ...options, better: 0.95, worse: 0.5 });
  expect(usual.better.models?.v2).toMatchObject({ metrics: { clicked: { rate: 1 } } });
  expect(usual.worse.models?.v2).toMatchObject({ metrics: { clicked: { rate: 0 } } });
  const amounts = usualScenarios({ ...options, metric: 'revenue', better: 5, worse: 25 });
  expect(amounts.better.models?.v2).toMatchObject({ metrics: { revenue: { mean: 25, sd: 4 } } });
  expect(amounts.worse.models?.v2).toMatchObject({ metrics: { revenue: { mean: -5 } } });
});

test('what less of is better is turned round on request', () => {
  const usual = usualScenarios({ ...options, moreIsBetter: false });
  expect(usual.better.models?.v2).toMatchObject({ metrics: { clicked: { rate: 0.07 } } });
});

test('constant and missing latencies are slowed as well', () => {
  const slowed = (latencyMs: number | undefined) => {
    const model = latencyMs === undefined ? {} : { latencyMs };
    return usualScenarios({ ...options, metric: 'error', like: model, slowBy: 3 }).slow.models?.v2;
  };
  expect(slowed(20)).toEqual({ latencyMs: 60 });
  expect(slowed(undefined)).toEqual({ latencyMs: 0 });
});

test('an unknown metric is refused with those there are', () => {
  expect(() => usualScenarios({ ...options, metric: 'bought' })).toThrow(
    "options.metric: must be something that `like` has: clicked, revenue, error (was 'bought').",
  );
});
