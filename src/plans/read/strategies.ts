import { isObject } from '../../core/json.js';
import { ABTest } from '../../strategies/ab-test.js';
import { Bandit } from '../../strategies/bandit.js';
import { BlueGreen } from '../../strategies/blue-green.js';
import { Canary } from '../../strategies/canary.js';
import { DarkLaunch } from '../../strategies/dark-launch.js';
import { FeatureFlag } from '../../strategies/feature-flag.js';
import { Pipeline } from '../../strategies/pipeline.js';
import { Rolling } from '../../strategies/rolling.js';
import { Shadow } from '../../strategies/shadow.js';
import type { Strategy } from '../../strategies/strategy.js';
import { functionNamed, metricName, modelName, momentsNamed } from './names.js';
import { comparator, contextualPolicy, policy } from './policies.js';
import { keysOf, listOf, type Maker, oneOfKinds, type Reader, valuesOf } from './reading.js';
import { gate, guardrail } from './rules.js';
import { stages, withGates } from './stages.js';

/** A maker whose options have parts that are no JSON. */
function maker(make: (options: never) => Strategy, parts: Readonly<Record<string, Reader>>): Maker<Strategy> {
  const read = keysOf(parts);
  return (given, path, reading) => make(read(given, path, reading) as never);
}

/** What an arm leads to: a model's name as it is, a strategy made. */
const branch: Reader = (json, path, reading) =>
  isObject(json) ? strategy(json, path, reading) : modelName(json, path, reading);

/** An arm of a test may have a weight: then it is no strategy, and has no kind. */
const arm: Reader = (json, path, reading) =>
  isObject(json) && !('kind' in json) ? keysOf({ use: branch })(json, path, reading) : branch(json, path, reading);

/** `on` and `off` are the flag's own branches, whatever models are called. */
const ruleBranch: Reader = (json, path, reading) =>
  json === 'on' || json === 'off' ? json : branch(json, path, reading);

const guardrails = listOf(guardrail);
const gates = listOf(gate);
const models: Reader = (json, path, reading) =>
  (Array.isArray(json) ? listOf(modelName) : modelName)(json, path, reading);

const makers: Readonly<Record<string, Maker<Strategy>>> = {
  canary: maker((options) => new Canary(options), { baseline: branch, candidate: branch, stages, guardrails }),
  'blue-green': maker((options) => new BlueGreen(options), {
    blue: branch,
    green: branch,
    warm: functionNamed,
    checks: listOf(keysOf({ run: functionNamed })),
    gates,
    guardrails,
  }),
  'ab-test': maker((options) => new ABTest(options), {
    arms: valuesOf(arm),
    primary: metricName,
    secondary: listOf(metricName),
    guardrails,
  }),
  rolling: maker((options) => new Rolling(options), {
    from: branch,
    to: branch,
    update: functionNamed,
    check: functionNamed,
    stop: functionNamed,
    zoneOf: functionNamed,
    guardrails,
  }),
  shadow: maker((options) => new Shadow(options), {
    primary: branch,
    shadow: models,
    compare: comparator,
    ignore: functionNamed,
    clean: functionNamed,
    until: withGates,
    guardrails,
  }),
  'dark-launch': maker((options) => new DarkLaunch(options), {
    visible: branch,
    hidden: branch,
    until: withGates,
    reveal: stages,
    guardrails,
  }),
  'feature-flag': maker((options) => new FeatureFlag(options), {
    on: branch,
    off: branch,
    rules: listOf(keysOf({ use: ruleBranch })),
  }),
  bandit: maker((options) => new Bandit(options), {
    arms: valuesOf(branch),
    reward: metricName,
    policy,
    contextual: keysOf({ policy: contextualPolicy, moments: momentsNamed }),
    guardrails,
  }),
  pipeline: maker((options) => new Pipeline(options), { stages: valuesOf(branch), leave: valuesOf(withGates) }),
};

/** What passes for a strategy that could not be made. */
const anyStrategy = (): Strategy => new FeatureFlag({ on: 'on', off: 'off' });

/** Any of the strategies, with all below it. */
export const strategy = oneOfKinds<Strategy>({
  key: 'kind',
  what: 'a strategy, such as { "kind": "canary", … }',
  makers,
  instead: anyStrategy,
});
