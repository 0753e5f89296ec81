import { describe, expect, test } from 'vitest';
import { noWorseThan } from '../../src/analysis/no-worse-than.js';
import { maxMismatchRate } from '../../src/analysis/max-mismatch-rate.js';
import { binary } from '../../src/evidence/metric.js';
import type { SimulationResult } from '../../src/simulate/result.js';
import { simulate } from '../../src/simulate/simulate.js';
import { ABTest } from '../../src/strategies/ab-test.js';
import { Bandit } from '../../src/strategies/bandit.js';
import { BlueGreen } from '../../src/strategies/blue-green.js';
import { Canary } from '../../src/strategies/canary.js';
import { exact } from '../../src/strategies/comparators.js';
import { Rolling } from '../../src/strategies/rolling.js';
import { Shadow } from '../../src/strategies/shadow.js';
import { canary, crashing, good, hour, metrics, minute, traffic } from './plans.js';

const plan = { strategy: canary, metrics, traffic, forMs: hour, tickEveryMs: minute } as const;
const release = (v2: typeof good, more: object = {}) => simulate({ ...plan, models: { v1: good, v2 }, ...more });
const waysOf = ({ timeline }: SimulationResult) => timeline.map(({ atMs, from, to }) => [atMs / minute, from, to]);
const armOf = ({ arms }: SimulationResult, name: string) => {
  const found = arms.find(({ arm }) => arm === name);
  if (found === undefined) throw new Error(`no arm ${name}`);
  return found;
};

describe('a run', () => {
  test('is the same for the same seed, bit by bit, even beside others, and another for another seed', async () => {
    const [one, two, other] = await Promise.all([release(good), release(good), release(good, { seed: 2 })]);
    expect(JSON.stringify(two)).toBe(JSON.stringify(one));
    expect(other.requests.served).not.toBe(one.requests.served);
    expect(other.seed).toBe(2);
  });

  test('is plain JSON', async () => {
    const result = await release(good, { replicas: 2 });
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });

  test('of a good candidate goes through its stages at their times', async () => {
    const result = await release(good);
    expect(waysOf(result)).toEqual([
      [10, '10%', '50%'],
      [30, '50%', 'promoted'],
    ]);
    expect(result.settled).toEqual({ as: 'promoted', atMs: 30 * minute });
    expect(result.status.shares).toEqual({ candidate: 1, baseline: 0 });
    expect([result.ranMs, result.ticks]).toEqual([hour, 60]);
    // 1000 + 2000 + 3000 requests, of which 10 %, 50 % and all are the candidate's.
    const { exposed } = armOf(result, 'candidate');
    expect(Math.abs(result.requests.served - 6000)).toBeLessThan(4 * Math.sqrt(6000));
    expect(Math.abs(exposed - 4100)).toBeLessThan(4 * Math.sqrt(4100));
    expect(exposed + armOf(result, 'baseline').exposed).toBe(result.requests.served);
  });

  test('of a crashing candidate ends with its roll-back, by the guardrail, for the reason it gives', async () => {
    const result = await release(crashing);
    expect(result.settled?.as).toBe('rolled-back');
    const atMs = result.settled?.atMs ?? 0;
    expect(atMs).toBeLessThan(6 * minute);
    expect(result.timeline).toHaveLength(1);
    expect(result.timeline[0]).toMatchObject({ atMs, node: 'simulation', from: '10%', to: 'rolled-back' });
    expect(result.timeline[0]?.why).toMatch(
      /^error rate .* is over the limit of 10 % .*\(guardrail maxErrorRate\(0.1\)\)$/,
    );
    const [series] = result.verdicts;
    expect(series).toMatchObject({ node: 'simulation', rule: 'maxErrorRate(0.1)' });
    const fails = series?.points.filter(({ outcome }) => outcome === 'fail') ?? [];
    expect(fails.length).toBe(1);
    expect(fails[0]?.atMs).toBe(atMs);
    expect(fails[0]?.eValue).toBeGreaterThanOrEqual(100);
  });

  test('shows shares when they changed, and counts over time', async () => {
    const result = await release(good);
    expect(result.shares).toEqual([
      {
        node: 'simulation',
        points: [
          { atMs: 0, shares: { candidate: 0.1, baseline: 0.9 } },
          { atMs: 10 * minute, shares: { candidate: 0.5, baseline: 0.5 } },
          { atMs: 30 * minute, shares: { candidate: 1, baseline: 0 } },
        ],
      },
    ]);
    const { samples } = result;
    expect(samples.length).toBe(61);
    const sums = samples.map(({ arms }) => {
      const { candidate, baseline } = arms['simulation'] ?? {};
      return (candidate?.exposed ?? 0) + (baseline?.exposed ?? 0);
    });
    expect(sums).toEqual(samples.map(({ requests }) => requests));
    expect(sums).toEqual(sums.toSorted((a, b) => a - b));
    expect(sums.at(-1)).toBe(result.requests.served);
    const [entry] = result.timeline;
    const counted = (from: number, to: number) =>
      samples
        .filter(({ atMs }) => atMs >= from && atMs <= to)
        .map(({ arms }) => arms['simulation']?.['candidate']?.exposed);
    expect(entry?.arms['candidate']?.exposed).toBeGreaterThanOrEqual(counted(0, 10 * minute).at(-1) ?? Infinity);
    expect(entry?.arms['candidate']?.exposed).toBeLessThanOrEqual(counted(10 * minute, hour)[0] ?? 0);
  });

  test('counts some two hundred times, however often it looks', async () => {
    const { samples, ticks } = await release(good, { traffic: { perHour: 60 }, tickEveryMs: 10_000 });
    expect(ticks).toBe(360);
    expect(samples.length).toBeGreaterThan(150);
    expect(samples.length).toBeLessThanOrEqual(201);
  });

  test('ends when it is settled, if that is wanted', async () => {
    const result = await release(good, { stopWhenSettled: true });
    expect([result.ranMs, result.ticks]).toEqual([30 * minute, 30]);
  });

  test('looks as often as it is told', async () => {
    const result = await release(good, { tickEveryMs: 7 * minute });
    expect(waysOf(result)).toEqual([
      [14, '10%', '50%'],
      [35, '50%', 'promoted'],
    ]);
    expect(result.ticks).toBe(8);
  });

  test('begins on a Monday unless told otherwise', async () => {
    const [one, two] = [await release(good, { forMs: minute }), await release(good, { forMs: minute, startMs: 5000 })];
    expect(new Date(one.startMs).toUTCString()).toBe('Mon, 05 Jan 2026 00:00:00 GMT');
    expect(two.startMs).toBe(5000);
  });

  test('ends when the signal says so', async () => {
    const controller = new AbortController();
    const running = simulate({
      ...plan,
      models: { v1: good, v2: good },
      signal: controller.signal,
      onRequest: () => controller.abort(new Error('enough')),
    });
    await expect(running).rejects.toMatchObject({ code: 'aborted', cause: { message: 'enough' } });
  });

  test('tells of every request', async () => {
    const seen: string[] = [];
    const result = await simulate({
      ...plan,
      forMs: 10 * minute,
      models: { v1: { latencyMs: 5 }, v2: { errorRate: 1 } },
      onRequest: ({ atMs, context, model, error, latencyMs }) => {
        expect(atMs).toBeLessThan(10 * minute);
        expect(context.targetingKey).toMatch(/-\d+$/);
        expect([error, latencyMs]).toEqual(model === 'v2' ? [true, 0] : [false, 5]);
        seen.push(model);
      },
    });
    expect(seen.length).toBe(result.requests.served);
    expect(new Set(seen)).toEqual(new Set(['v1', 'v2']));
  });
});

describe('people', () => {
  test('give orders at their times, and are answered', async () => {
    const result = await release(good, {
      script: [
        { atMs: 25 * minute, command: 'resume' },
        { atMs: 5 * minute, command: 'pause', by: 'ann' },
        { atMs: 26 * minute, command: 'approve' },
        { atMs: 50 * minute, command: 'rollback', reason: 'a feeling', by: 'bob' },
        { atMs: 55 * minute, command: 'reset' },
        { atMs: 56 * minute, command: 'promote', node: 'nowhere' },
        { atMs: 57 * minute, command: 'promote', arm: 'candidate' },
      ],
    });
    expect(result.commands.map(({ atMs, command, accepted }) => [atMs / minute, command, accepted])).toEqual([
      [5, 'pause', true],
      [25, 'resume', true],
      [26, 'approve', false],
      [50, 'rollback', true],
      [55, 'reset', true],
      [56, 'promote', false],
      [57, 'promote', true],
    ]);
    expect(waysOf(result)).toEqual([
      [5, 'ramping', 'paused'],
      [25, 'paused', 'ramping'],
      [25, '10%', '50%'],
      [45, '50%', 'promoted'],
      [50, 'promoted', 'rolled-back'],
      [55, 'rolled-back', '10%'],
      [57, '10%', 'promoted'],
    ]);
    expect(result.timeline[0]?.why).toBe('paused by ann');
    expect(result.timeline[4]?.why).toBe('a feeling (bob)');
    expect(result.commands[2]?.reason).toBe('no approval is waited for');
  });

  test('find nobody while no replica is up', async () => {
    const result = await release(good, {
      outages: [{ of: 'replica', replica: 0, atMs: 0, forMs: 10 * minute }],
      script: [{ atMs: 5 * minute, command: 'pause' }],
    });
    expect(result.commands).toEqual([
      { atMs: 5 * minute, command: 'pause', accepted: false, reason: 'no replica is up' },
    ]);
  });
});

describe('outages', () => {
  test('of the store hold promotions up, until it answers', async () => {
    const result = await release(good, { outages: [{ of: 'store', atMs: 9 * minute, forMs: 11 * minute }] });
    expect(waysOf(result)).toEqual([
      [20, '10%', '50%'],
      [40, '50%', 'promoted'],
    ]);
    expect(result.counters['errors: store read']).toBe(11);
  });

  test('of the store hold no rollback up: what is served under it is suppressed, and stored afterwards', async () => {
    const result = await release(good, {
      forMs: 20 * minute,
      outages: [
        { of: 'store', atMs: 2 * minute, forMs: 10 * minute },
        { of: 'model', model: 'v2', atMs: 3 * minute, forMs: 10 * minute },
      ],
    });
    expect(waysOf(result)).toEqual([[12, '10%', 'rolled-back']]);
    expect(result.counters['suppressed']).toBeGreaterThan(500);
    // Only until the guardrail saw it, with 10 requests a minute.
    expect(armOf(result, 'candidate').exposed).toBeLessThan(80);
  });

  test.each(['answer', 'either'] as const)(
    'of the store may lose the %s, and nothing is counted twice',
    async (loses) => {
      const result = await release(good, { outages: [{ of: 'store', atMs: 2 * minute, forMs: 5 * minute, loses }] });
      expect(result.settled).toEqual({ as: 'promoted', atMs: 30 * minute });
      const [series] = result.verdicts;
      const seen = series?.points.findLast(({ atMs }) => atMs <= 30 * minute)?.n ?? 0;
      const counted = result.timeline[1]?.arms['candidate']?.exposed ?? 0;
      expect(Math.abs(seen - counted)).toBeLessThan(20);
    },
  );

  test('of the only replica lose its requests, and what it had not sent', async () => {
    const result = await release(good, {
      tickEveryMs: minute,
      outages: [{ of: 'replica', replica: 0, atMs: 4.5 * minute, forMs: 2 * minute }],
    });
    // 100 requests a minute.
    expect(Math.abs(result.requests.lost - 200)).toBeLessThan(4 * Math.sqrt(200));
    const at10 = result.verdicts[0]?.points.find(({ atMs }) => atMs === 10 * minute)?.n ?? 0;
    const counted = result.timeline[0]?.arms['candidate']?.exposed ?? 0;
    // Half a minute of the candidate's requests.
    expect(counted - at10).toBeGreaterThan(0);
    expect(counted - at10).toBeLessThan(20);
    expect(result.settled?.as).toBe('promoted');
  });

  test('of one of two replicas lose no request', async () => {
    const result = await release(good, {
      replicas: 2,
      outages: [{ of: 'replica', replica: 1, atMs: 5 * minute, forMs: 20 * minute }],
    });
    expect(result.requests.lost).toBe(0);
    expect(waysOf(result).map(([, from, to]) => [from, to])).toEqual([
      ['10%', '50%'],
      ['50%', 'promoted'],
    ]);
    expect(result.ticks).toBe(2 * 60 - 20);
  });

  test('of a model make its calls fail meanwhile', async () => {
    const outages = [
      { of: 'model' as const, model: 'v1' as const, atMs: 10 * minute, forMs: 30 * minute, errorRate: 0.5 },
    ];
    const strategy = new Canary({ baseline: 'v1', candidate: 'v2', stages: [{ share: 0.5, hold: true }] });
    const result = await simulate({
      strategy,
      traffic,
      forMs: hour,
      tickEveryMs: minute,
      models: { v1: {}, v2: {} },
      outages,
    });
    const { exposed, errors } = armOf(result, 'baseline');
    // Half of the calls in half of the time.
    expect(Math.abs(errors - exposed / 4)).toBeLessThan(4 * Math.sqrt(exposed / 4));
    expect(armOf(result, 'candidate').errors).toBe(0);
    // The stable model has no fallback.
    expect(armOf(result, 'baseline').failed).toBe(errors);
  });
});

describe('calls', () => {
  const strategy = new Canary({ baseline: 'v1', candidate: 'v2', stages: [{ share: 0.5, hold: true }] });
  const both = { strategy, traffic, forMs: hour, tickEveryMs: minute, metrics } as const;

  test('that fail are answered by the fallback, whose outcomes are then the arm’s', async () => {
    const models = {
      v1: { metrics: { clicked: { rate: 1 } } },
      v2: { errorRate: 0.5, metrics: { clicked: { rate: 0 } } },
    };
    const result = await simulate({ ...both, models });
    const { exposed, errors, fellBack, failed, metrics } = armOf(result, 'candidate');
    expect(Math.abs(errors - exposed / 2)).toBeLessThan(4 * Math.sqrt(exposed / 4));
    expect([fellBack, failed]).toEqual([errors, 0]);
    expect(metrics['clicked']).toEqual({ n: errors, sum: errors });
  });

  test('that fail are lost where there is no fallback', async () => {
    const models = { v1: {}, v2: { errorRate: 0.5, metrics: { clicked: { rate: 1 } } } };
    const result = await simulate({ ...both, models, onModelError: 'throw' });
    const { exposed, errors, fellBack, failed, metrics } = armOf(result, 'candidate');
    expect([fellBack, failed]).toEqual([0, errors]);
    expect(metrics['clicked']?.n).toBe(exposed - errors);
  });

  test('that take longer than the time limit fail after it', async () => {
    const result = await simulate({
      ...both,
      models: { v1: { latencyMs: 100 }, v2: { latencyMs: 101 } },
      timeoutMs: 100,
    });
    const [baseline, candidate] = [armOf(result, 'baseline'), armOf(result, 'candidate')];
    expect([baseline.errors, candidate.errors]).toEqual([0, candidate.exposed]);
    expect([baseline.latencyMs.mean, candidate.latencyMs.mean]).toEqual([100, 100]);
  });

  test('are reported after their delays: what comes after the window is late, what comes after the end never', async () => {
    const late = binary({ windowMs: 10 * minute });
    const models = { v1: {}, v2: { metrics: { clicked: { rate: 1, delayMs: 10 * minute } } } };
    const result = await simulate({
      ...both,
      metrics: { clicked: late },
      models,
      forMs: 4 * hour,
      tickEveryMs: minute,
    });
    const { exposed, metrics } = armOf(result, 'candidate');
    const expected = exposed * (1 - Math.exp(-1));
    expect(Math.abs((metrics['clicked']?.n ?? 0) - expected)).toBeLessThan(4 * Math.sqrt(expected) + 0.05 * exposed);
    expect(result.counters['late']).toBeGreaterThan(0.25 * exposed);
  });
});

describe('any strategy', () => {
  const click = (rate: number) => ({ metrics: { clicked: { rate } } });

  test('a shadow is compared with its primary on the share of requests that it mirrors', async () => {
    const strategy = new Shadow({
      primary: 'v1',
      shadow: 'v2',
      share: 0.5,
      compare: exact(),
      guardrails: [maxMismatchRate(0.05)],
    });
    const run = (mismatch: number) =>
      simulate({
        strategy,
        traffic,
        forMs: hour,
        tickEveryMs: minute,
        models: { v1: {}, v2: { mismatch, errorRate: 0.1 } },
      });
    const [same, different] = [await run(0.01), await run(0.2)];
    const [calm, loud] = [same, different].map(({ verdicts }) => verdicts[0]?.points.at(-1));
    expect(calm?.outcome).toBe('inconclusive');
    // Half are mirrored, and of those a tenth has no answer to compare.
    const compared = 0.45 * same.requests.served;
    expect(Math.abs((calm?.n ?? 0) - compared)).toBeLessThan(4 * Math.sqrt(compared) + 40);
    expect(Math.abs((calm?.estimate ?? 0) - 0.01)).toBeLessThan(0.01);
    expect(different.verdicts[0]?.points.some(({ outcome }) => outcome === 'fail')).toBe(true);
    expect(loud?.n).toBeLessThan(calm?.n ?? 0);
    // Users never meet a shadow.
    expect(same.models['v2']).toBeUndefined();
  });

  test('a test finds its winner', async () => {
    const strategy = new ABTest({ arms: { a: 'v1', b: 'v2' }, primary: 'clicked', then: 'promote' });
    const models = { v1: click(0.1), v2: click(0.2) };
    const result = await simulate({ strategy, metrics, models, traffic, forMs: 6 * hour, tickEveryMs: minute });
    expect(result.settled?.as).toBe('promoted');
    expect(result.status.shares).toEqual({ a: 0, b: 1 });
  });

  test('a bandit moves to the better arm', async () => {
    const strategy = new Bandit({ arms: { a: 'v1', b: 'v2' }, reward: 'clicked', baseline: 'a' });
    const models = { v1: click(0.05), v2: click(0.2) };
    const result = await simulate({ strategy, metrics, models, traffic, forMs: 6 * hour, tickEveryMs: minute });
    expect(result.status.shares['b']).toBeGreaterThan(0.8);
    expect(result.models['v2']?.exposed).toBeGreaterThan(2 * (result.models['v1']?.exposed ?? Infinity));
  });

  test('a switch waits for its tasks, which run for real', async () => {
    const warmed: string[] = [];
    const strategy = new BlueGreen({
      blue: 'v1',
      green: 'v2',
      warm: async () => {
        await Promise.resolve();
        warmed.push('warm');
      },
    });
    const run = () => simulate({ strategy, traffic, forMs: hour, tickEveryMs: minute, models: { v1: {}, v2: {} } });
    const result = await run();
    expect(warmed.length).toBeGreaterThan(0);
    expect(result.timeline.some(({ to }) => to === 'green' || to === 'baking' || to === 'promoted')).toBe(true);
    expect(await run()).toEqual(result);
  });

  test('a task that takes turns of the event loop gets them while time stands still', async () => {
    const strategy = new BlueGreen({
      blue: 'v1',
      green: 'v2',
      warm: () =>
        new Promise((resolve) => {
          setImmediate(resolve);
        }),
    });
    const result = await simulate({
      strategy,
      traffic: { perHour: 60 },
      forMs: hour,
      tickEveryMs: minute,
      models: { v1: {}, v2: {} },
    });
    expect(result.timeline[0]?.atMs).toBeLessThan(10 * minute);
  });

  test('requests of nobody known are no users', async () => {
    const strategy = new Canary({ baseline: 'v1', candidate: 'v2', stages: [{ share: 0.5, hold: true }] });
    const population = { returning: 0, anonymous: 1 };
    const result = await simulate({ strategy, traffic, population, forMs: 10 * minute, models: { v1: {}, v2: {} } });
    expect(armOf(result, 'candidate').exposed).toBeGreaterThan(300);
    expect(armOf(result, 'candidate').units).toBe(0);
  });

  test('a rolling update goes from replica to replica, and users are always answered', async () => {
    const strategy = new Rolling({ from: 'v1', to: 'v2', replicas: 3, maxUnavailable: 1, quietMs: 0 });
    const models = { v1: { latencyMs: 10 }, v2: { latencyMs: 20 } };
    const instances = ['a', 'b', 'c'];
    const result = await simulate({ strategy, traffic, forMs: hour, tickEveryMs: minute, models, instances });
    expect(result.settled?.as).toBe('promoted');
    expect(result.requests.lost).toBe(0);
    expect(result.models['v1']?.exposed).toBeGreaterThan(50);
    expect(result.models['v2']?.exposed).toBeGreaterThan(2000);
  });

  test('conditions are the router’s, and attributes the population’s', async () => {
    const strategy = new Canary({
      baseline: 'v1',
      candidate: new ABTest({ arms: { a: 'v1', b: 'v2' }, unit: 'account' }),
      stages: [{ share: 0.5, hold: true }],
    });
    const population = { returning: 0, attributes: { account: { x: 1, y: 1, z: 1 } } };
    const result = await simulate({
      strategy,
      traffic,
      population,
      forMs: hour,
      tickEveryMs: minute,
      models: { v1: {}, v2: {} },
    });
    const inner = result.arms.filter(({ node }) => node === 'simulation/candidate');
    // Three accounts: each arm has whole accounts.
    const { exposed } = armOf(result, 'candidate');
    expect(inner.reduce((sum, { exposed }) => sum + exposed, 0)).toBe(exposed);
    const thirds = (3 * (inner[0]?.exposed ?? 0)) / exposed;
    expect(Math.abs(thirds - Math.round(thirds))).toBeLessThan(0.15);
  });
});

describe('mistakes', () => {
  test('are told all at once, with their places', async () => {
    const wrong = {
      strategy: canary,
      models: { v1: { errorRate: 2 }, v3: {} },
      traffic: { perHour: -1 },
      seed: 0.5,
      replicas: 0,
      reference: 'v4',
      outages: [
        { of: 'model', model: 'v5', atMs: 0, forMs: 1 },
        { of: 'replica', replica: 1, atMs: 0, forMs: 1 },
      ],
      script: [{ atMs: 0, command: 'dance' }],
      speed: 9,
    };
    const issues = await simulate(wrong as never).then(
      () => [],
      (error: { issues: readonly { path: string }[] }) => error.issues.map(({ path }) => path),
    );
    expect(issues.toSorted()).toEqual(
      [
        'options.forMs',
        'options.models.v1.errorRate',
        'options.models.v2',
        'options.models.v3',
        'options.outages[0].model',
        'options.outages[1].replica',
        'options.reference',
        'options.replicas',
        'options.script[0].command',
        'options.seed',
        'options.speed',
        'options.traffic.perHour',
      ].toSorted(),
    );
  });

  test('of types do not compile', async () => {
    const bought = new Canary({ baseline: 'v1', candidate: 'v2', guardrails: [noWorseThan('bought')] });
    const models = { v1: good, v2: good };
    // @ts-expect-error - nobody declared `bought`
    await expect(simulate({ ...plan, strategy: bought, models })).rejects.toThrow("'bought' is not in `metrics`");
    // @ts-expect-error - v2 is missing
    await expect(simulate({ ...plan, models: { v1: good } })).rejects.toThrow('models.v2');
    // @ts-expect-error - the time is missing
    await expect(simulate({ strategy: canary, traffic, models: { v1: good, v2: good } })).rejects.toThrow('forMs');
  });

  test.each([
    [{ name: 'a/b' }, 'options.name'],
    [{ name: '' }, 'options.name'],
    [{ replicas: 101 }, 'options.replicas'],
    [{ tickEveryMs: 0 }, 'options.tickEveryMs'],
    [{ population: {} }, 'options.population.returning'],
    [{ startMs: -1 }, 'options.startMs'],
    [{ traffic: { lines: 7 } }, 'options.traffic.lines'],
    [{ strategy: 'canary' }, 'options.strategy'],
    [{ onModelError: 'ignore' }, 'options.onModelError'],
  ])('are refused: %j', async (mistake, path) => {
    const options = { ...plan, models: { v1: good, v2: good }, ...mistake } as never;
    await expect(simulate(options)).rejects.toMatchObject({ code: 'config', issues: [{ path }] });
  });
});
