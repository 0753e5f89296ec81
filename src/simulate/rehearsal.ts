import { ConfigError, type Issue } from '../core/errors.js';
import { isObject } from '../core/json.js';
import { type Check, listOf, object, oneOf, optional, recordOf, text, verify } from '../core/options.js';
import type { Metrics } from '../evidence/metric.js';
import type { BuiltIn } from '../runtime/router-options.js';
import type { ModelsOf, Strategy } from '../strategies/strategy.js';
import { type Outage, outageCheck } from './outages.js';
import { type RunSummary, summaryOf } from './run-summary.js';
import { type ScriptedCommand, commandCheck } from './script.js';
import { runSimulation } from './simulate.js';
import { type SimulatedModel, modelCheck } from './simulated-model.js';
import { type SimulationOptions, simulationCheck } from './simulation-options.js';
import type { Traffic } from './traffic.js';

/** Something that may be true of the candidate, or happen to the roll-out. */
export interface Scenario<M extends string = string> {
  /** Whether a promotion would do harm: then it is a miss, and otherwise a rollback is a false alarm. */
  readonly truth: 'harmless' | 'harmful';
  /** In words, for the result: `2 points of clicked worse`. */
  readonly says?: string;
  /** These take the place of the models of the rehearsal. */
  readonly models?: Readonly<Partial<Record<M, SimulatedModel>>>;
  readonly traffic?: Traffic;
  readonly outages?: readonly Outage[];
  readonly script?: readonly ScriptedCommand[];
}

/** Each run has a seed of its own. Distributes over a union, which `Omit` alone would melt. */
type RehearsedOptions<O> = O extends unknown
  ? Omit<O, 'seed' | 'signal' | 'onRequest'> & { readonly forMs: number }
  : never;

/** What is rehearsed. */
export interface RehearsalDefinition<Qs extends Metrics = Metrics, S = Strategy, M extends string = string> {
  /** `stopWhenSettled` defaults to true here, and `tickEveryMs` to 500 looks a run, but 10 000 at least. */
  readonly simulation: RehearsedOptions<SimulationOptions<Qs, S, M>>;
  readonly scenarios: Readonly<Record<string, Scenario<M>>>;
}

/**
 * A definition that can run. It brings its own copy of the library along, so that a worker needs nothing but the user's
 * module.
 */
export interface Rehearsal {
  readonly scenarios: Readonly<Record<string, Scenario>>;
  readonly metrics: Metrics;
  readonly forMs: number;
  /** One run of a scenario. */
  run(scenario: string, seed: number, signal?: AbortSignal): Promise<RunSummary>;
}

const scenarioCheck: Check = object({
  truth: oneOf('harmless', 'harmful'),
  says: optional(text),
  models: optional(recordOf(modelCheck)),
  traffic: optional(() => {}),
  outages: optional(listOf(outageCheck)),
  script: optional(listOf(commandCheck)),
});

const definitionCheck: Check = object({
  simulation: () => {},
  scenarios: recordOf(scenarioCheck, { min: 1, max: 100 }),
});

const looksWanted = 500;
const tickAtLeastMs = 10_000;

/**
 * Says what is rehearsed, checked at once. A module whose default export it is can be rehearsed by several threads,
 * since functions do not cross from one to another and a module does. Throws a ConfigError with every mistake.
 */
export function defineRehearsal<
  const S extends Strategy<string, NoInfer<(keyof Qs & string) | BuiltIn>>,
  Qs extends Metrics = Record<never, never>,
>(definition: RehearsalDefinition<Qs, S, ModelsOf<S>>): Rehearsal {
  verify('defineRehearsal', 'definition', definition, definitionCheck);
  // What S and Qs are was inferred for the caller and checked above; from here on all strategies are alike.
  const { simulation, scenarios } = definition as unknown as RehearsalDefinition;
  const issues: Issue[] = [];
  for (const [name, scenario] of Object.entries(scenarios)) {
    simulationCheck(optionsOf(simulation, scenario), `definition.scenarios.${name}`, issues);
  }
  const { traffic, forMs } = simulation;
  if (isObject(traffic) && 'lines' in traffic && !(typeof traffic.lines === 'string' || Array.isArray(traffic.lines))) {
    issues.push({
      path: 'definition.simulation.traffic.lines',
      message: 'must be a text or an array here: each run reads them from the beginning.',
    });
  }
  if (forMs === undefined) {
    issues.push({ path: 'definition.simulation.forMs', message: 'must say how long a run may take.' });
  }
  if (issues.length > 0) throw new ConfigError('defineRehearsal', issues);
  return Object.freeze({
    scenarios,
    metrics: simulation.metrics ?? {},
    forMs: forMs as number,
    run: async (name: string, seed: number, signal?: AbortSignal) => {
      const options = optionsOf(simulation, scenarios[name] as Scenario);
      return summaryOf(await runSimulation({ ...options, seed, ...(signal !== undefined && { signal }) }));
    },
  });
}

/** What a scenario runs as. */
function optionsOf(simulation: RehearsalDefinition['simulation'], scenario: Scenario): SimulationOptions {
  const { models, traffic, outages, script } = scenario;
  const given = Object.entries(models ?? {}).filter(
    (entry): entry is [string, SimulatedModel] => entry[1] !== undefined,
  );
  const replaced = { ...simulation.models, ...Object.fromEntries(given) };
  const added = {
    outages: [...(simulation.outages ?? []), ...(outages ?? [])],
    script: [...(simulation.script ?? []), ...(script ?? [])],
  };
  const defaults = {
    stopWhenSettled: true,
    tickEveryMs: Math.max(tickAtLeastMs, (simulation.forMs ?? 0) / looksWanted),
  };
  // Whether drawn traffic has all its models is seen by the check, which runs over each scenario.
  return {
    ...defaults,
    ...simulation,
    ...added,
    models: replaced,
    traffic: traffic ?? simulation.traffic,
  } as SimulationOptions;
}
