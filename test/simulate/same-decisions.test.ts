import { describe, expect, test } from 'vitest';
import { maxErrorRate } from '../../src/analysis/max-error-rate.js';
import { maxLatency } from '../../src/analysis/max-latency.js';
import { noWorseThan } from '../../src/analysis/no-worse-than.js';
import { seededRng } from '../../src/core/rng.js';
import { binary, continuous } from '../../src/evidence/metric.js';
import { memoryStore } from '../../src/runtime/control/memory-store.js';
import { createRouter } from '../../src/runtime/router.js';
import { simulate } from '../../src/simulate/simulate.js';
import { Canary } from '../../src/strategies/canary.js';
import { ManualClock } from '../../src/testing/manual-clock.js';
import { seed } from '../seed.js';

// A live router, called by its users' way with models that take their time, and a simulation are given the same
// requests and the same outcomes. Requests keep clear of the ticks by more than they take: a simulated call settles at
// once.

const startMs = 1_800_000_000_000;
const tickMs = 10_000;
const ticks = 90;

interface Outcome {
  readonly error: boolean;
  readonly latencyMs: number;
  readonly clicked: boolean;
  readonly revenue: number;
  readonly afterMs: number;
}

interface Line {
  readonly at: number;
  readonly context: { readonly targetingKey: string };
  readonly outcomes: { readonly v1: Outcome; readonly v2: Outcome };
}

const strategy = new Canary({
  baseline: 'v1',
  candidate: 'v2',
  stages: [
    { share: 0.2, minAgeMs: 60_000, minOutcomes: 50 },
    { share: 0.5, minAgeMs: 120_000 },
  ],
  guardrails: [maxErrorRate(0.1), maxLatency({ quantile: 0.95, ms: 900 }), noWorseThan('clicked')],
});
const metrics = { clicked: binary({ windowMs: 60_000 }), revenue: continuous({ cap: 50, windowMs: 60_000 }) };
const name = 'ranker';
const bucketMs = 60_000;

function linesOf(candidate: { readonly errorRate: number; readonly clickRate: number }): readonly Line[] {
  const rng = seededRng(seed);
  const outcome = (errorRate: number, clickRate: number): Outcome => ({
    error: rng.next() < errorRate,
    latencyMs: Math.floor(20 + 800 * rng.next()),
    clicked: rng.next() < clickRate,
    revenue: Math.floor(60 * rng.next()),
    // Some come after their window.
    afterMs: 1000 + Math.floor(70_000 * rng.next()),
  });
  const lines: Line[] = [];
  for (let tick = 0; tick < ticks; tick += 1) {
    for (let request = 0; request < 40; request += 1) {
      const at = startMs + tick * tickMs + 100 + request * 220;
      const context = { targetingKey: `user-${Math.floor(rng.next() * 3000)}` };
      const outcomes = { v1: outcome(0.02, 0.3), v2: outcome(candidate.errorRate, candidate.clickRate) };
      lines.push({ at, context, outcomes });
    }
  }
  return lines;
}

interface Seen {
  readonly models: readonly string[];
  readonly transitions: readonly unknown[];
  readonly root: unknown;
  readonly counted: Readonly<Record<string, number>>;
}

async function live(lines: readonly Line[]): Promise<Seen> {
  const clock = new ManualClock(startMs);
  const model =
    (which: 'v1' | 'v2') =>
    ({ outcomes }: Line) =>
      new Promise<string>((resolve, reject) => {
        const { error, latencyMs } = outcomes[which];
        clock.setTimer(() => (error ? reject(new Error('as recorded')) : resolve(which)), latencyMs);
      });
  const router = createRouter({
    name,
    strategy,
    metrics,
    models: { v1: model('v1'), v2: model('v2') },
    clock,
    bucketMs,
    onModelError: 'throw',
    store: memoryStore(() => clock.now()),
    replica: 'live',
    tickEveryMs: false,
  });
  const transitions: unknown[] = [];
  router.on('transition', ({ node, from, to, why }) => transitions.push([clock.elapsed(), node, from, to, why]));
  await router.ready();
  const models: string[] = [];
  const answered = ({ outcomes }: Line, decision: Awaited<ReturnType<typeof router.predict>>['decision']) => {
    const { clicked, revenue, afterMs, latencyMs } = outcomes[decision.model];
    for (const report of [{ clicked }, { revenue }]) {
      clock.setTimer(() => router.report(decision, report), afterMs - latencyMs);
    }
  };
  let nextTick = tickMs;
  for (const line of lines) {
    while (startMs + nextTick <= line.at) {
      await clock.advanceAsync(nextTick - clock.elapsed());
      await router.tick();
      nextTick += tickMs;
    }
    await clock.advanceAsync(line.at - clock.now());
    models.push(router.route(line.context).model);
    // Those that fail have nothing to report.
    router.predict(line, line.context).then(
      ({ decision }) => answered(line, decision),
      () => {},
    );
  }
  await clock.advanceAsync(ticks * tickMs - clock.elapsed());
  await router.tick();
  const { root, counters } = router.status();
  await router.close();
  return { models, transitions, root: JSON.parse(JSON.stringify(root)), counted: counters };
}

async function simulated(lines: readonly Line[]): Promise<Seen> {
  const models: string[] = [];
  const result = await simulate({
    name,
    strategy,
    metrics,
    bucketMs,
    onModelError: 'throw',
    traffic: { lines: lines.map((line) => JSON.stringify(line)) },
    startMs,
    forMs: ticks * tickMs,
    onRequest: ({ model }) => models.push(model),
  });
  const transitions = result.timeline.map(({ atMs, node, from, to, why }) => [atMs, node, from, to, why]);
  return { models, transitions, root: result.status, counted: result.counters };
}

describe('from the same requests and outcomes', () => {
  test.each([
    ['a good candidate', { errorRate: 0.02, clickRate: 0.32 }, 'promoted'],
    ['one that is clicked less', { errorRate: 0.02, clickRate: 0.1 }, 'rolled-back'],
    ['one that fails', { errorRate: 0.4, clickRate: 0.3 }, 'rolled-back'],
  ])('a live router and a simulated one decide the same: %s', async (_, candidate, end) => {
    const lines = linesOf(candidate);
    const [was, is] = [await live(lines), await simulated(lines)];
    expect(is.models).toEqual(was.models);
    expect(is.transitions).toEqual(was.transitions);
    expect(is.root).toEqual(was.root);
    expect(is.root).toMatchObject({ settled: end });
    expect(is.counted['late']).toBe(was.counted['late']);
    expect(was.counted['late']).toBeGreaterThan(0);
  });
});
