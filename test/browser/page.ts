// Runs in the page; the test bundles it and asks it through `window.turnout`.
import { ABTest, binary, Canary, createRouter, maxErrorRate } from '../../src/index.js';
import { createRouter as createSnapshotRouter, httpEndpoint } from '../../src/snapshot/index.js';

const models = { v1: (x: number) => x + 1, v2: (x: number) => x + 2 };
let loads = 0;

const page = {
  /** The models that a router in the page gives to these units. */
  assign(units: readonly string[]): readonly string[] {
    const router = createRouter({
      name: 'ranker',
      models,
      strategy: new ABTest({
        arms: { a: 'v1', b: new Canary({ baseline: 'v1', candidate: 'v2', stages: [{ share: 0.5 }] }) },
      }),
    });
    const given = units.map((targetingKey) => router.route({ targetingKey }).model);
    void router.close();
    return given;
  },
  /** A whole roll-out in the page: a candidate that fails is rolled back. */
  async rollOut(): Promise<unknown> {
    const router = createRouter({
      name: 'page',
      models: {
        v1: (x: number) => x,
        v2: () => {
          throw new Error('no weights');
        },
      },
      metrics: { clicked: binary() },
      strategy: new Canary({
        baseline: 'v1',
        candidate: 'v2',
        stages: [{ share: 0.5 }],
        guardrails: [maxErrorRate(0.05)],
      }),
      tickEveryMs: false,
    });
    const outputs = [];
    for (let n = 0; n < 100; n += 1) {
      const { output, decision } = await router.predict(n, { targetingKey: `user-${n}` });
      router.report(decision, { clicked: true });
      outputs.push(output);
    }
    await router.tick();
    const { settled, shares } = router.status().root;
    await router.close();
    return { right: outputs.every((output, n) => output === n), settled, shares };
  },
  /** A snapshot router with a model that would have to be downloaded. */
  async ask(url: string, units: readonly string[]): Promise<unknown> {
    const endpoint = httpEndpoint(url);
    const lazy = { load: async () => void (loads += 1), predict: (x: number) => x + 2 };
    const router = createSnapshotRouter({
      snapshot: await endpoint.load(),
      models: { v1: models.v1, v2: lazy },
      endpoint,
      refreshEveryMs: false,
    });
    const before = loads;
    const answers = [];
    for (const targetingKey of units) answers.push(await router.predict(40, { targetingKey }));
    const tokens = await Promise.all(answers.map(({ decision }) => decision.token));
    return {
      models: answers.map(({ model }) => model),
      tokens: tokens.every((token) => token !== undefined),
      before,
      loads,
    };
  },
};

(globalThis as { turnout?: typeof page }).turnout = page;
export type Page = typeof page;
