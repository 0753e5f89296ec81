import { maxErrorRate } from '../../src/analysis/max-error-rate.js';
import { maxLatency } from '../../src/analysis/max-latency.js';
import { noWorseThan } from '../../src/analysis/no-worse-than.js';
import { seededRng } from '../../src/core/rng.js';
import { binary, continuous } from '../../src/evidence/metric.js';
import type { ReportInput } from '../../src/report/input.js';
import { createRouter } from '../../src/runtime/router.js';
import { type RolloutReport, reportOf } from '../../src/runtime/reporting/rollout-report.js';
import { defineRehearsal } from '../../src/simulate/rehearsal.js';
import type { RehearsalResult } from '../../src/simulate/rehearsal-result.js';
import { rehearse } from '../../src/simulate/rehearse.js';
import type { SimulationResult } from '../../src/simulate/result.js';
import { usualScenarios } from '../../src/simulate/scenarios.js';
import { simulate } from '../../src/simulate/simulate.js';
import { ABTest } from '../../src/strategies/ab-test.js';
import { Bandit } from '../../src/strategies/bandit.js';
import { Canary } from '../../src/strategies/canary.js';
import { ManualClock } from '../../src/testing/manual-clock.js';

export const hour = 3_600_000;
export const monday = Date.UTC(2026, 0, 5);

const like = { errorRate: 0.01, latencyMs: { medianMs: 80 }, metrics: { clicked: { rate: 0.2, delayMs: 60_000 } } };
const metrics = { clicked: binary({ windowMs: hour / 2 }) };

const canary = () =>
  new Canary({
    baseline: 'v1',
    candidate: 'v2',
    stages: [
      { share: 0.1, minAgeMs: hour },
      { share: 0.5, minAgeMs: 3 * hour },
    ],
    guardrails: [maxErrorRate(0.05), noWorseThan('clicked', { margin: 0.01 }), maxLatency({ quantile: 0.95, ms: 400 })],
  });

/** A canary whose candidate is much worse, and is rolled back. */
export function worseSimulation(): Promise<SimulationResult> {
  const v2 = { ...like, latencyMs: { medianMs: 95 }, metrics: { clicked: { rate: 0.1, delayMs: 60_000 } } };
  return simulate({
    name: 'ranker',
    strategy: canary(),
    metrics,
    models: { v1: like, v2 },
    traffic: { perHour: 2000 },
    startMs: monday,
    forMs: 6 * hour,
    tickEveryMs: hour / 30,
  });
}

/** A bandit of three arms, of which one is much better. */
export function banditSimulation(): Promise<SimulationResult> {
  const arm = (rate: number) => ({ metrics: { clicked: { rate, reportsFalse: true } } });
  return simulate({
    name: 'offers',
    strategy: new Bandit({
      arms: { first: 'a', second: 'b', third: 'c' },
      baseline: 'first',
      reward: 'clicked',
      batchMs: hour,
      floor: 0.05,
    }),
    metrics: { clicked: binary({ per: 'report' }) },
    models: { a: arm(0.1), b: arm(0.12), c: arm(0.2) },
    traffic: { perHour: 500 },
    startMs: monday,
    forMs: 12 * hour,
    tickEveryMs: hour / 6,
  });
}

/** Six scenarios, a few runs of each. */
export function rehearsal(): Promise<RehearsalResult> {
  const simulation = {
    strategy: canary(),
    metrics,
    models: { v1: like, v2: like },
    traffic: { perHour: 400 },
    forMs: 6 * hour,
    tickEveryMs: hour / 2,
  };
  const scenarios = usualScenarios({ candidate: 'v2', like, metric: 'clicked', better: 0.02, worse: 0.15 });
  return rehearse({ rehearsal: defineRehearsal({ simulation, scenarios }), runs: 6 });
}

/** A live router in the middle of a canary, with an A/B test inside the candidate. `names` are those of the models. */
export async function liveReport(requests = 4000, names = ['v1', 'v2', 'v3']): Promise<RolloutReport> {
  const clock = new ManualClock(monday);
  const rng = seededRng(3);
  const [stable = '', old = '', fresh = ''] = names;
  const router = createRouter({
    name: 'ranker',
    clock,
    rng,
    tickEveryMs: false,
    bucketMs: hour,
    metrics: { clicked: binary({ per: 'report' }), revenue: continuous({ per: 'report', cap: 100 }) },
    models: Object.fromEntries(names.map((name) => [name, () => name])),
    strategy: new Canary({
      baseline: stable,
      candidate: new ABTest({ arms: { old, fresh }, primary: 'clicked' }),
      stages: [
        { share: 0.2, minAgeMs: 2 * hour },
        { share: 0.5, minAgeMs: 20 * hour },
      ],
      guardrails: [maxErrorRate(0.05), noWorseThan('clicked', { margin: 0.02 })],
    }),
  });
  for (let request = 0; request < requests; request += 1) {
    const { decision, model } = await router.predict('', { targetingKey: `user-${request}` });
    const clicked = rng.next() < (model === stable ? 0.1 : 0.14);
    router.report(decision, { clicked, revenue: clicked ? rng.next() * 50 : 0 });
    clock.advance(5000);
    if (request % 40 === 0) await router.tick();
  }
  const report = reportOf(router);
  await router.close();
  return report;
}

/** The same with names that nobody gives, and everybody has to live with: far too long, and markup. */
export const evil = '<script>alert("1")</script>&\'';
export function withEvilNames<T extends ReportInput>(input: T): T {
  const long = 'a-model-whose-name-says-what-it-was-trained-on-and-by-whom-and-when-2026-11-23';
  const text = JSON.stringify(input)
    .replaceAll('"candidate"', JSON.stringify(`${evil} ${long}`))
    .replaceAll('"baseline"', JSON.stringify(long))
    .replaceAll('clicked', JSON.stringify(`${evil}\u202e\u0000 clicked`).slice(1, -1))
    .replaceAll('ranker', JSON.stringify(`ranker ${evil} ${long}`).slice(1, -1))
    .replaceAll('crashing', JSON.stringify(`crashing ${evil} ${long}`).slice(1, -1));
  return JSON.parse(text) as T;
}
