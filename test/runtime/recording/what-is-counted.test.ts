import { afterEach, describe, expect, it } from 'vitest';
import { binary, Canary, continuous, createRouter, type Evidence, noWorseThan, ratio } from '../../../src/index.js';
import { memoryStore } from '../../../src/runtime/control/memory-store.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

const hour = 3_600_000;
const start = 472_222 * hour;
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A canary of a half whose candidate always fails, and everything that its store was told. */
async function canary(visits?: 'one') {
  const [clock, store] = [new ManualClock(start), memoryStore()];
  const router = createRouter({
    name: 'counted',
    models: {
      old: (x: number) => x,
      fresh: (): number => {
        throw new Error('broken');
      },
    },
    metrics: {
      clicked: binary({ windowMs: hour }),
      rate: ratio(),
      asked: continuous({ per: 'exposure', covariate: 'seen' }),
    },
    strategy: new Canary({ baseline: 'old', candidate: 'fresh', stages: [{ share: 0.5 }], guardrails: [] }),
    tickEveryMs: false,
    clock,
    store,
    ...(visits && { visits }),
  });
  closing.push(() => router.close());
  await router.ready();
  /** Counted under the shares of the plan that is in force. */
  const cells = async (): Promise<Evidence['strata'][number]['cells']> => {
    await router.tick();
    const { evidence } = await store.readEvidence('counted', 'nobody');
    return evidence.strata[0]?.cells ?? {};
  };
  const unitOf = (model: string) => {
    for (let unit = 0; ; unit += 1) {
      if (router.route({ targetingKey: `user-${unit}` }).model === model) return { targetingKey: `user-${unit}` };
    }
  };
  return { router, clock, cells, unitOf };
}

describe('what a router counts', () => {
  it('is an exposure where a decision was made, not where a route was looked up or explained', async () => {
    const { router, cells, unitOf } = await canary();
    const fresh = unitOf('fresh');
    router.explain(fresh);
    expect(await cells()).toEqual({});
    router.decide(fresh);
    await router.predict(3, fresh);
    expect((await cells())['candidate']).toMatchObject({ exposed: 2, units: 1, outcomes: 1 });
  });

  it('names the assigned model and the one that served, and counts a fallback for the assigned arm only', async () => {
    const { router, cells, unitOf } = await canary();
    const settled: unknown[] = [];
    router.on('outcome', ({ ok, fellBack }) => settled.push([ok, fellBack]));
    const { output, model, decision } = await router.predict(3, unitOf('fresh'));
    expect([output, model, decision.model, decision.served]).toEqual([3, 'old', 'fresh', 'old']);
    expect(settled).toEqual([[false, true]]);
    const counted = await cells();
    expect(counted['candidate']).toMatchObject({ exposed: 1, outcomes: 1, errors: 1, fellBack: 1 });
    expect(counted['baseline']).toBeUndefined();
  });

  it('takes what was reported twice for once, by decision or token, and shows it', async () => {
    const { router, cells, unitOf } = await canary();
    const decision = router.decide(unitOf('fresh'));
    expect(router.report(decision, { clicked: true })).toBe(true);
    expect(router.report(decision, { clicked: true })).toBe(false);
    expect(router.report(decision.token, { clicked: true })).toBe(false);
    expect(router.report(decision.token, { rate: { numerator: 1, denominator: 2 } })).toBe(true);
    expect(router.status().counters).toMatchObject({ duplicates: 2, late: 0 });
    expect((await cells())['candidate']?.metrics).toMatchObject({ clicked: { n: 1 }, rate: { n: 1, sum: 1 } });
  });

  it('leaves out what comes after the window, and shows it beside the metric as well', async () => {
    const { router, clock, cells, unitOf } = await canary();
    const [inTime, late] = [router.decide(unitOf('old')), router.decide(unitOf('old'))];
    clock.advance(hour);
    expect(router.report(inTime, { clicked: true })).toBe(true);
    clock.advance(1);
    expect(router.report(late, { clicked: true })).toBe(false);
    expect(router.status().counters).toMatchObject({ late: 1, duplicates: 0 });
    const { evidence } = { evidence: await cells() };
    expect(evidence['baseline']?.metrics['clicked']).toMatchObject({ late: 1 });
  });

  it('keeps units apart unless each is said to make one request', async () => {
    const many = await canary();
    const token = many.router.decide(many.unitOf('fresh')).token;
    expect((await many.cells())['candidate']?.clusters?.exposed).toHaveLength(64);
    expect(many.router.report(token, { clicked: true })).toBe(true);
    expect(Object.keys((await many.cells())['candidate']?.clusters?.sum ?? {})).toEqual(['clicked']);
    await many.router.close();
    const one = await canary('one');
    one.router.decide(one.unitOf('fresh'));
    expect((await one.cells())['candidate']?.clusters).toBeUndefined();
  });

  it('knows a covariate from the exposure on, also when only a token is left of it', async () => {
    const { router, cells, unitOf } = await canary();
    const tokens = [4, 'unknown'].map((seen) => router.decide({ ...unitOf('fresh'), seen }).token);
    expect(router.report(tokens[0] as string, { asked: 3 })).toBe(true);
    expect((await cells())['candidate']?.metrics['asked']).toMatchObject({
      n: 1,
      sum: 3,
      paired: { sum: 4, sumSq: 16, product: 12 },
    });
  });

  it('refuses another number of visits', () => {
    const options = { name: 'r', models: { a: 1 }, strategy: new Canary({ baseline: 'a', candidate: 'a' }) };
    // @ts-expect-error - few is no number of visits
    expect(() => createRouter({ ...options, visits: 'few' })).toThrow(/options\.visits: must be 'many' or 'one'/);
  });
});

describe('a guardrail of a router', () => {
  it.each([
    ['units', undefined, /clusters of units/],
    ['requests', 'one', /^event-binomial$/],
  ] as const)('judges %s with visits %s, and its verdict says so', async (_what, visits, test) => {
    const router = createRouter({
      name: 'judged',
      models: { old: 1, fresh: 2 },
      strategy: new Canary({
        baseline: 'old',
        candidate: 'fresh',
        stages: [{ share: 0.5 }],
        guardrails: [noWorseThan('error')],
      }),
      tickEveryMs: false,
      clock: new ManualClock(start),
      ...(visits && { visits }),
    });
    closing.push(() => router.close());
    await router.ready();
    for (let unit = 0; unit < 300; unit += 1) {
      const decision = router.decide({ targetingKey: `user-${unit}` });
      router.report(decision, { error: unit % 50 === 0, latencyMs: 5 });
    }
    await router.tick();
    expect(JSON.stringify(router.status())).toMatch(
      new RegExp(`"test":"${test.source.replace('^', '').replace('$', '"')}`),
    );
  });
});
