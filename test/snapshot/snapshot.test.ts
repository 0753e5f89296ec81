import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ABTest,
  Bandit,
  BlueGreen,
  Canary,
  type Context,
  createRouter,
  DarkLaunch,
  FeatureFlag,
  isTurnoutError,
  Shadow,
  type Strategy,
} from '../../src/index.js';
import { createRouter as createSnapshotRouter, parseSnapshot } from '../../src/snapshot/index.js';

const models = { v1: () => 'v1', v2: () => 'v2', v3: () => 'v3' };
type Name = keyof typeof models;
const conditions = { insider: (context: Context) => context['team'] === 'us' };

const strategies: Readonly<Record<string, () => Strategy<Name, 'error'>>> = {
  'a canary': () => new Canary({ baseline: 'v1', candidate: 'v2', stages: [{ share: 0.3 }] }),
  'a canary inside a test': () =>
    new ABTest({
      arms: { a: 'v1', b: new Canary({ baseline: 'v1', candidate: 'v3', stages: [{ share: 0.5 }] }), c: 'v2' },
      control: 'a',
      coverage: 0.8,
      holdout: 0.1,
    }),
  'a flag with rules': () =>
    new FeatureFlag({
      on: 'v2',
      off: 'v1',
      share: 0.25,
      rules: [
        { name: 'team', when: { use: 'insider' }, use: 'on' },
        { name: 'germany', when: { eq: ['country', 'DE'] }, use: 'v3' },
      ],
    }),
  'a shadow of a canary': () =>
    new Shadow({ primary: new Canary({ baseline: 'v1', candidate: 'v2', stages: [{ share: 0.4 }] }), shadow: 'v3' }),
  'a dark launch': () => new DarkLaunch({ visible: 'v1', hidden: 'v2', audience: ['user-1', 'user-2'] }),
  'a switch': () => new BlueGreen({ blue: 'v1', green: 'v2', testers: { eq: ['country', 'FR'] } }),
  'a bandit': () => new Bandit({ arms: { a: 'v1', b: 'v2', c: 'v3' }, reward: 'error', baseline: 'a' }),
};

const contexts = fc.record({
  targetingKey: fc.integer({ min: 0, max: 5000 }).map((n) => `user-${n}`),
  country: fc.constantFrom('DE', 'FR', 'US'),
  team: fc.constantFrom('us', 'them'),
});

async function snapshotOf(
  strategy: Strategy<Name, 'error'>,
): Promise<{ json: unknown; route: (context: Context) => unknown }> {
  const router = createRouter({ name: 'ranker', models, conditions, strategy, tickEveryMs: false });
  await router.ready();
  const json: unknown = JSON.parse(JSON.stringify(router.snapshot()));
  await router.close();
  return { json, route: (context) => router.route(context) };
}

describe('a snapshot', () => {
  test.each(Object.entries(strategies))('of %s gives each unit what the server gives it', async (_, make) => {
    const { json, route } = await snapshotOf(make());
    const page = createSnapshotRouter({ snapshot: json, models, conditions });
    fc.assert(
      fc.property(contexts, (context) => {
        const { mirrors: _mirrors, ...server } = route(context) as { mirrors: unknown };
        const { mirrors, ...here } = page.route(context);
        expect(here).toEqual(server);
        // Shadows are the server's.
        expect(mirrors).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test('leaves out rules whose condition is a function, so that they hold for nobody', async () => {
    const { json } = await snapshotOf(
      new FeatureFlag({
        on: 'v2',
        off: 'v1',
        share: 0,
        rules: [
          { name: 'all', when: () => true, use: 'on' },
          { name: 'germany', when: { eq: ['country', 'DE'] }, use: 'v3' },
        ],
      }),
    );
    expect((json as { omitted: string[] }).omitted).toHaveLength(1);
    const page = createSnapshotRouter({ snapshot: json, models });
    expect(page.route({ targetingKey: 'a', country: 'US' }).model).toBe('v1');
    expect(page.route({ targetingKey: 'a', country: 'DE' }).model).toBe('v3');
  });

  test('serves the last arm of a contextual policy, whose code stayed on the server', () => {
    const serve = (model: string) => ({ op: 'serve', model });
    const place = { node: 'r', epoch: 1, salt: 'r' };
    const arms = [
      { arm: 'a', share: 0.5, plan: serve('v2') },
      { arm: 'b', share: 0.5, plan: serve('v1') },
    ];
    const plan = { op: 'choose', ...place, arms, policy: {} };
    const page = createSnapshotRouter({
      snapshot: { format: 1, router: 'r', revision: 1, plan, omitted: ['plan.policy.weights'] },
      models,
    });
    expect(page.route({ targetingKey: 'a' })).toMatchObject({ model: 'v1', exposures: [] });
  });

  test('forgets where the server stood', () => {
    const serve = (model: string) => ({ op: 'serve', model });
    const split = {
      op: 'split',
      node: 'r',
      epoch: 1,
      salt: 'r',
      arms: [
        { arm: 'b', share: 0.5, plan: serve('v2') },
        { arm: 'a', share: 0.5, plan: serve('v1') },
      ],
      cuts: [],
      instances: [
        { instance: 'one', arm: 0 },
        { instance: 'two', arm: 1 },
      ],
      missing: 'draw',
      counts: true,
      here: 'one',
    };
    const snapshot = { format: 1, router: 'r', revision: 1, plan: split, omitted: [] };
    const page = createSnapshotRouter({ snapshot, models });
    const seen = new Set(Array.from({ length: 50 }, (_, n) => page.route({ targetingKey: `u${n}` }).model));
    expect(seen).toEqual(new Set(['v1', 'v2']));
  });

  const split = {
    op: 'split',
    node: 'r',
    epoch: 1,
    salt: 'r',
    arms: [{ arm: 'a', share: 1, plan: { op: 'serve', model: 'v1' } }],
    cuts: [{ below: 2 ** 32, arm: 0 }],
    missing: 'last',
    counts: true,
  };
  const good = { format: 1, router: 'r', revision: 1, plan: split, omitted: [] };

  test('may be of any plan that is one', () => {
    expect(parseSnapshot(good)).toEqual(good);
  });

  const nested = (depth: number): object =>
    depth === 0
      ? { op: 'serve', model: 'v1' }
      : { op: 'match', node: `n${depth}`, rules: [], otherwise: nested(depth - 1) };

  test.each([
    ['nothing', undefined],
    ['a text', 'snapshot'],
    ['another format', { ...good, format: 2 }],
    ['no plan', { ...good, plan: undefined }],
    ['an unknown node', { ...good, plan: { op: 'route', model: 'v1' } }],
    ['a node without a model', { ...good, plan: { op: 'serve' } }],
    ['a cut over 2^32', { ...good, plan: { ...split, cuts: [{ below: 2 ** 32 + 1, arm: 0 }] } }],
    ['a cut at 0', { ...good, plan: { ...split, cuts: [{ below: 0, arm: 0 }] } }],
    ['a cut of an arm that is not there', { ...good, plan: { ...split, cuts: [{ below: 5, arm: 1 }] } }],
    [
      'an instance of an arm that is not there',
      { ...good, plan: { ...split, instances: [{ instance: 'x', arm: 1 }] } },
    ],
    ['no arms', { ...good, plan: { ...split, arms: [] } }],
    ['a share over 1', { ...good, plan: { ...split, arms: [{ ...split.arms[0], share: 2 }] } }],
    ['an unknown key', { ...good, plan: { ...split, surprise: 1 } }],
    ['a nest without end', { ...good, plan: nested(66) }],
  ])('with %s is refused', (_, json) => {
    expect(() => parseSnapshot(json)).toThrow(
      expect.toSatisfy((error: unknown) => isTurnoutError(error, 'state-unreadable')) as never,
    );
  });

  test('may be nested 64 deep', () => {
    expect(() => parseSnapshot({ ...good, plan: nested(64) })).not.toThrow();
    expect(() => parseSnapshot({ ...good, plan: nested(65) })).toThrow('64');
  });
});
