import {
  ABTest,
  Bandit,
  BlueGreen,
  Canary,
  DarkLaunch,
  Pipeline,
  Rolling,
  Shadow,
  betterThan,
  binary,
  createRouter,
  nonInferior,
  maxRate,
  equivalent,
  customGuardrail,
  noWorseThan,
} from '../../src/index.js';
import type { Json } from '../../src/index.js';

// Compiled, never run: each marked line must be refused.
const models = { v1: (x: { q: string }) => x.q.length, v2: (x: { q: string }) => x.q.length };
const metrics = { clicked: binary() };

export const unknownModel = createRouter({
  name: 'r',
  models,
  // @ts-expect-error - v9 is no model
  strategy: new Canary({ baseline: 'v1', candidate: 'v9' }),
});
export const unknownModelBelow = createRouter({
  name: 'r',
  models,
  // @ts-expect-error - v7 is no model
  strategy: new Canary({ baseline: 'v1', candidate: new ABTest({ arms: { old: 'v1', fresh: 'v7' } }) }),
});
export const unknownShadow = createRouter({
  name: 'r',
  models,
  // @ts-expect-error - v8 is no model
  strategy: new Shadow({ primary: 'v1', shadow: ['v2', 'v8'] }),
});
export const unknownModelInStage = createRouter({
  name: 'r',
  models,
  // @ts-expect-error - v7 is no model
  strategy: new Pipeline({
    stages: {
      a: new Shadow({ primary: 'v1', shadow: 'v2' }),
      b: new Canary({ baseline: 'v1', candidate: new ABTest({ arms: { old: 'v1', fresh: 'v7' } }) }),
    },
  }),
});
export const unknownModelOfRolling = createRouter({
  name: 'r',
  models,
  // @ts-expect-error - v9 is no model
  strategy: new Rolling({ from: 'v1', to: 'v9' }),
});
export const unknownMetricOfRolling = createRouter({
  name: 'r',
  models,
  metrics,
  // @ts-expect-error - nobody reports bought
  strategy: new Rolling({ from: 'v1', to: 'v2', guardrails: [noWorseThan('bought')] }),
});
// @ts-expect-error - half is no percentage
export const noPercentage = new Rolling({ from: 'v1', to: 'v2', maxUnavailable: 'half' });
export const wrongUpdate = new Rolling({
  from: 'v1',
  to: 'v2',
  instances: ['a'],
  // @ts-expect-error - an update is told its model, which is never v9
  update: ({ model }) => model === 'v9',
});

const stages = { a: new Shadow({ primary: 'v1', shadow: 'v2' }), b: new Canary({ baseline: 'v1', candidate: 'v2' }) };
// @ts-expect-error - there is no stage c
export const unknownStage = new Pipeline({ stages, leave: { c: { approval: true } } });
// @ts-expect-error - there is no stage c
export const unknownReshuffle = new Pipeline({ stages, reshuffle: ['c'] });
// @ts-expect-error - a model is no stage
export const modelAsStage = new Pipeline({ stages: { a: 'v1' } });
export const unknownMetricOfGate = createRouter({
  name: 'r',
  models,
  metrics,
  // @ts-expect-error - the metric is misspelt
  strategy: new Pipeline({ stages, leave: { a: { gates: [betterThan('clciked')], arm: 'v2' } } }),
});
export const unknownHidden = createRouter({
  name: 'r',
  models,
  // @ts-expect-error - v9 is no model
  strategy: new DarkLaunch({ visible: 'v1', hidden: 'v9', audience: ['u1'] }),
});
// @ts-expect-error - a dark launch needs an audience, if only an empty one
export const noAudience = new DarkLaunch({ visible: 'v1', hidden: 'v2' });
export const unknownMetric = createRouter({
  name: 'r',
  models,
  metrics,
  // @ts-expect-error - the metric is misspelt
  strategy: new BlueGreen({ blue: 'v1', green: 'v2', guardrails: [noWorseThan('clciked')] }),
});
export const unknownMetricOfLimit = createRouter({
  name: 'r',
  models,
  metrics,
  // @ts-expect-error - the metric is misspelt
  strategy: new Canary({ baseline: 'v1', candidate: 'v2', guardrails: [maxRate('clciked', 0.1)] }),
});
export const unknownMetricOfStage = createRouter({
  name: 'r',
  models,
  metrics,
  // @ts-expect-error - the metric is misspelt
  strategy: new Canary({
    baseline: 'v1',
    candidate: 'v2',
    stages: [{ share: 0.1, gates: [nonInferior('clciked', { margin: 0.01 })] }],
  }),
});
export const unknownMetricOfCustom = createRouter({
  name: 'r',
  models,
  metrics,
  // @ts-expect-error - the metric is misspelt
  strategy: new Canary({
    baseline: 'v1',
    candidate: 'v2',
    guardrails: [customGuardrail('mine', () => ({ outcome: 'fail', reason: '' }), { metrics: ['clciked'] })],
  }),
});
// @ts-expect-error - a guardrail never passes
export const passingGuardrail = customGuardrail('mine', () => ({ outcome: 'pass', reason: '' }));
// @ts-expect-error - a margin is needed
export const noMargin = equivalent('clicked');
// @ts-expect-error - there is no such severity
export const unknownSeverity = maxRate('clicked', 0.1, { severity: 'stop' });
// @ts-expect-error - a gate has no severity
export const severeGate = betterThan('clicked', { severity: 'hold' });
// @ts-expect-error - there is no such test
export const unknownTest = betterThan('clicked', { test: 'fixed' });
export const unknownArm = createRouter({
  name: 'r',
  models,
  metrics,
  // @ts-expect-error - there is no arm c
  strategy: new ABTest({ arms: { a: 'v1', b: 'v2' }, control: 'c' }),
});
export const unknownPrimary = createRouter({
  name: 'r',
  models,
  metrics,
  // @ts-expect-error - the metric is misspelt
  strategy: new ABTest({ arms: { a: 'v1', b: 'v2' }, primary: 'click' }),
});
export const unknownReward = createRouter({
  name: 'r',
  models,
  metrics,
  // @ts-expect-error - the metric is misspelt
  strategy: new Bandit({ arms: { a: 'v1', b: 'v2' }, reward: 'cliked', baseline: 'a' }),
});
export const unknownBanditGuardrail = createRouter({
  name: 'r',
  models,
  metrics,
  // @ts-expect-error - the metric is misspelt in a guardrail
  strategy: new Bandit({
    arms: { a: 'v1', b: 'v2' },
    reward: 'clicked',
    baseline: 'a',
    guardrails: [noWorseThan('error'), noWorseThan('cliked')],
  }),
});
export const unknownLaterStage = createRouter({
  name: 'r',
  models,
  metrics,
  // @ts-expect-error - the metric is misspelt in the second stage
  strategy: new Canary({
    baseline: 'v1',
    candidate: 'v2',
    stages: [
      { share: 0.1, gates: [betterThan('clicked')] },
      { share: 0.5, gates: [betterThan('cliked')] },
    ],
  }),
});
export const unknownLaterReveal = createRouter({
  name: 'r',
  models,
  metrics,
  // @ts-expect-error - the metric is misspelt in the second stage of the reveal
  strategy: new DarkLaunch({
    visible: 'v1',
    hidden: 'v2',
    audience: [],
    reveal: [
      { share: 0.1, gates: [betterThan('clicked')] },
      { share: 0.5, gates: [betterThan('cliked')] },
    ],
  }),
});
export const unknownBetween = createRouter({
  name: 'r',
  models,
  metrics,
  // @ts-expect-error - the metric is misspelt in the second of the rules by which stages are left
  strategy: new Pipeline({
    stages: {
      a: new Canary({ baseline: 'v1', candidate: 'v2' }),
      b: new Canary({ baseline: 'v1', candidate: 'v2' }),
      c: new Canary({ baseline: 'v1', candidate: 'v2' }),
    },
    leave: {
      a: { gates: [betterThan('clicked')], arm: 'candidate' },
      b: { gates: [betterThan('cliked')], arm: 'candidate' },
    },
  }),
});
export const unknownBaseline = createRouter({
  name: 'r',
  models,
  metrics,
  // @ts-expect-error - there is no arm c
  strategy: new Bandit({ arms: { a: 'v1', b: 'v2' }, reward: 'clicked', baseline: 'c' }),
});
export const unknownArmModel = createRouter({
  name: 'r',
  models,
  metrics,
  // @ts-expect-error - v9 is no model
  strategy: new Bandit({ arms: { a: 'v1', b: 'v9' }, reward: 'clicked', baseline: 'a' }),
});
export const unknownOption = createRouter({
  name: 'r',
  models,
  metrics,
  // @ts-expect-error - the option is misspelt
  strategy: new Canary({ baseline: 'v1', candidate: 'v2', stagse: [] }),
});
const loose = { baseline: 'v1', candidate: 'v2' };
export const widened = createRouter({
  name: 'r',
  models,
  // @ts-expect-error - in a variable the names have widened to string
  strategy: new Canary(loose),
});
export const disagreeing = createRouter({
  name: 'r',
  models: { v1: (x: string) => x, v2: (x: number) => x },
  strategy: new Canary({ baseline: 'v1', candidate: 'v2' }),
});
// @ts-expect-error - no input suits both models
await disagreeing.predict('x', {});
interface State {
  n: number;
}
// @ts-expect-error - an interface is not Json
export const json: Json = {} as State;
