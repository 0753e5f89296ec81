import { describe, expect, test } from 'vitest';
import { type Metrics, Canary, binary, continuous, createRouter, maxErrorRate, reportOf } from '../../../src/index.js';
import { folded } from '../../../src/evidence/fold.js';
import type { NodeStatus, RouterStatus } from '../../../src/runtime/status.js';
import { type StratumFacts, fakeStratum } from '../../../src/testing/fake-view.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

const hour = 3_600_000;
const node: NodeStatus<string> = {
  node: 'r',
  kind: 'canary',
  phase: 'running',
  stable: 'v1',
  shares: { candidate: 0.5, baseline: 0.5 },
  waitingFor: [],
  verdicts: [],
  children: [],
};
const entry = { revision: 1, at: 1, replica: 'a', from: 'x', to: 'y', why: 'so', facts: {} };
const status: RouterStatus<string> = {
  name: 'r',
  revision: 4,
  root: { ...node, children: [{ ...node, node: 'r/candidate' }] },
  stale: false,
  staleMs: 0,
  behind: [],
  unstored: 0,
  ready: true,
  history: [
    { ...entry, node: 'r' },
    { ...entry, node: 'r/candidate' },
  ],
  counters: { lostDeltas: 0 },
};
const reported = (facts: readonly StratumFacts[], metrics: Metrics = {}, at = 10 * hour) => {
  const strata = facts.map((fact) => fakeStratum({ node: 'r', ...fact }));
  return reportOf({ metrics, status: () => status, evidence: () => ({ at, strata }) });
};
const rootOf = (...of: Parameters<typeof reported>) => {
  const [root] = reported(...of).nodes;
  if (root === undefined) throw new Error('no root');
  return root;
};
const sums = (n: number, sum: number, sumSq = sum) => ({ n, sum, sumSq, late: 1 });

describe('the report of a roll-out', () => {
  test('lists every node before those below it, each with its own history', () => {
    const { nodes, ...rest } = reported([]);
    expect(nodes.map(({ node: path, history }) => [path, history.map((each) => each.node)])).toEqual([
      ['r', ['r']],
      ['r/candidate', ['r/candidate']],
    ]);
    expect(rest).toEqual({
      format: 1,
      name: 'r',
      at: 10 * hour,
      revision: 4,
      stale: false,
      counters: { lostDeltas: 0 },
    });
  });

  test('has nothing to estimate without evidence, and says so with null', () => {
    const [arm] = rootOf([], { clicked: binary() }).arms;
    const nothing = { n: 0, value: null, interval: null };
    const none = { n: 0, p50: null, p95: null, p99: null };
    expect(arm).toMatchObject({ arm: 'candidate', share: 0.5, exposed: 0, errors: nothing, mismatches: nothing });
    expect(arm?.latencyMs).toEqual(none);
    expect(arm?.metrics).toEqual({ clicked: { ...nothing, late: 0 } });
    expect(rootOf([]).comparisons).toEqual([]);
  });

  test('sums what was counted of each arm, with intervals of one look', () => {
    const stratum = {
      cells: {
        candidate: { outcomes: 50, errors: 5, exposed: 60, pinned: 2, fellBack: 3, latenciesMs: [10, 20, 30] },
        baseline: { outcomes: 50, errors: 0 },
      },
    };
    const { arms } = rootOf([stratum, { ...stratum, from: hour, to: 2 * hour }]);
    // Wilson's interval for 10 of 100, as in any table: [0.0552, 0.1744].
    expect(arms[0]).toMatchObject({
      exposed: 120,
      pinned: 4,
      outcomes: 100,
      fellBack: 6,
      errors: { n: 100, value: 0.1 },
    });
    expect(arms[0]?.errors.interval?.[0]).toBeCloseTo(0.0552, 4);
    expect(arms[0]?.errors.interval?.[1]).toBeCloseTo(0.1744, 4);
    expect(arms[0]?.latencyMs.n).toBe(6);
    expect((arms[0]?.latencyMs.p50 ?? 0) / 20).toBeCloseTo(1, 1);
    expect(arms.map(({ arm }) => arm)).toEqual(['candidate', 'baseline']);
  });

  test('takes the mean of a metric over windows that have closed only', () => {
    const metrics = { clicked: binary({ windowMs: hour }), rating: continuous() };
    const cells = (n: number) => ({
      candidate: { exposed: 100, metrics: { clicked: sums(n, n), rating: sums(4, 10, 30) } },
      baseline: { exposed: 100 },
    });
    const { arms } = rootOf(
      [
        { from: 0, to: hour, cells: cells(30) },
        { from: 9 * hour, to: 10 * hour, cells: cells(90) },
      ],
      metrics,
      10 * hour,
    );
    expect(arms[0]?.metrics['clicked']).toMatchObject({ n: 100, value: 0.3, late: 2 });
    // Eight ratings with the sum 20 and the sum of squares 60: mean 2.5, variance (60 - 50) / 7.
    const reach = 1.959963984540054 * Math.sqrt(10 / 7 / 8);
    const rating = arms[0]?.metrics['rating'];
    expect([rating?.n, rating?.value]).toEqual([8, 2.5]);
    expect(rating?.interval?.[0]).toBeCloseTo(2.5 - reach, 12);
    expect(rating?.interval?.[1]).toBeCloseTo(2.5 + reach, 12);
  });

  test('gives one value a mean without an interval', () => {
    const metrics = { rating: continuous() };
    const { arms } = rootOf([{ cells: { candidate: { metrics: { rating: sums(1, 3, 9) } }, baseline: {} } }], metrics);
    expect(arms[0]?.metrics['rating']).toEqual({ n: 1, value: 3, interval: null, late: 1 });
  });

  test('compares arms inside strata: a ramp does not turn a better arm into a worse one', () => {
    // Crook, Frasca, Kohavi and Longbotham (2009): better on both days, far worse when pooled.
    const cells = (treatment: readonly [number, number], control: readonly [number, number]) => ({
      candidate: { outcomes: treatment[1], errors: treatment[0] },
      baseline: { outcomes: control[1], errors: control[0] },
    });
    const { comparisons } = rootOf([
      {
        epoch: 1,
        from: 0,
        to: hour,
        shares: { candidate: 0.01, baseline: 0.99 },
        cells: cells([230, 10_000], [20_000, 990_000]),
      },
      { epoch: 2, from: hour, to: 2 * hour, cells: cells([6000, 500_000], [5000, 500_000]) },
    ]);
    const errors = comparisons.find(({ metric }) => metric === 'error');
    expect(errors?.difference).toBeGreaterThan(0.0019);
    expect(errors?.difference).toBeLessThan(0.0029);
    expect(errors?.interval?.[0]).toBeGreaterThan(0);
    expect(errors?.eValueWorse).toBeGreaterThan(1e6);
    expect(errors?.eValueBetter).toBeLessThan(1);
    // The first day alone: 2.3 % against 2.02 %.
    expect(errors?.series[0]).toMatchObject({ at: hour, n: 10_000 });
    expect(errors?.series[0]?.difference).toBeCloseTo(0.023 - 20_000 / 990_000, 10);
    expect(errors?.series[1]).toEqual({
      at: 2 * hour,
      n: 510_000,
      difference: errors?.difference,
      interval: errors?.interval,
    });
  });

  test('knows the arms of an earlier plan, without a share', () => {
    const { arms } = rootOf([
      { cells: { third: { outcomes: 3 }, candidate: {}, baseline: {} } },
      { epoch: 2, from: hour, to: 2 * hour, cells: { candidate: {}, baseline: {} } },
    ]);
    expect(arms.map(({ arm, share }) => [arm, share])).toEqual([
      ['candidate', 0.5],
      ['baseline', 0.5],
      ['third', null],
    ]);
  });

  test('shows how shares changed, and that folded times are not known any more', () => {
    const cells = { candidate: { exposed: 2 }, baseline: { exposed: 5 } };
    const { epochs } = rootOf([
      { epoch: 7, from: 2 * hour, to: 3 * hour, cells },
      { epoch: 7, from: 3 * hour, to: 4 * hour, cells },
      { epoch: 2, from: folded, to: 2 * hour, shares: { candidate: 0.1, baseline: 0.9 }, cells },
    ]);
    expect(epochs).toEqual([
      {
        epoch: 2,
        from: null,
        to: 2 * hour,
        shares: { candidate: 0.1, baseline: 0.9 },
        exposed: { candidate: 2, baseline: 5 },
      },
      {
        epoch: 7,
        from: 2 * hour,
        to: 4 * hour,
        shares: { candidate: 0.5, baseline: 0.5 },
        exposed: { candidate: 4, baseline: 10 },
      },
    ]);
  });

  test('keeps a series short', () => {
    const cells = { candidate: { outcomes: 9, errors: 1 }, baseline: { outcomes: 9 } };
    const many = Array.from({ length: 250 }, (_, at) => ({ from: at * hour, to: (at + 1) * hour, cells }));
    const [errors] = rootOf(many, {}, 300 * hour).comparisons;
    expect(errors?.series).toHaveLength(200);
    expect(errors?.series.at(-1)?.n).toBe(250 * 9);
  });

  test('is made of a live router, as JSON that comes back as it went', async () => {
    const clock = new ManualClock(hour);
    const router = createRouter({
      name: 'ranker',
      models: { v1: () => 1, v2: () => 2 },
      metrics: { clicked: binary({ windowMs: hour }) },
      strategy: new Canary({
        baseline: 'v1',
        candidate: 'v2',
        stages: [{ share: 0.5 }],
        guardrails: [maxErrorRate(0.1)],
      }),
      clock,
      tickEveryMs: false,
    });
    for (let user = 0; user < 200; user += 1) {
      const decision = router.decide({ targetingKey: `user-${user}` });
      router.report(decision, { clicked: user % 2 === 0, error: decision.model === 'v2', latencyMs: 5 });
    }
    await router.tick();
    const report = reportOf(router);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    const [root] = report.nodes;
    expect(root?.settled).toBe('rolled-back');
    expect(root?.arms.reduce((n, { exposed }) => n + exposed, 0)).toBe(200);
    const rolledBack = root?.history.find(({ to }) => to === 'rolled-back');
    expect(rolledBack?.why).toMatch(/error rate 100 %/);
    expect(root?.comparisons.find(({ metric }) => metric === 'error')?.difference).toBe(1);
    await router.close();
  });
});
