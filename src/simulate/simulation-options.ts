import type { Context } from '../core/context.js';
import {
  type Check,
  all,
  anything,
  callable,
  flag,
  listOf,
  must,
  object,
  oneOf,
  optional,
  positive,
  positiveCount,
  recordOf,
  text,
} from '../core/options.js';
import { isObject } from '../core/json.js';
import type { Issue } from '../core/errors.js';
import { type Metrics, metricsCheck } from '../evidence/metric.js';
import { routerCheck } from '../runtime/router-options.js';
import { isStrategy } from '../strategies/children.js';
import type { Strategy } from '../strategies/strategy.js';
import { type Outage, outageCheck } from './outages.js';
import { type Population, populationCheck } from './population.js';
import type { RecordedTraffic } from './recorded.js';
import { type ScriptedCommand, commandCheck } from './script.js';
import type { ServedRequest } from './serve.js';
import { type SimulatedModel, modelCheck } from './simulated-model.js';
import { type Traffic, trafficCheck } from './traffic.js';

/** Requests that are drawn: then every model must be told. */
interface DrawnRequests<M extends string> {
  readonly traffic: Traffic;
  /** What comes of calling each model. */
  readonly models: Readonly<Record<M, SimulatedModel>>;
  /** How long to run. */
  readonly forMs: number;
}

/** Requests that were recorded, with what came of them. */
interface ReplayedRequests<M extends string> {
  readonly traffic: RecordedTraffic;
  /** What comes of calling models where a line does not say it. */
  readonly models?: Readonly<Partial<Record<M, SimulatedModel>>>;
  /** Default: until the end of the lines. */
  readonly forMs?: number;
}

/** What a simulation is made of. `M` are the models that the strategy reaches. */
export type SimulationOptions<Qs extends Metrics = Metrics, S = Strategy, M extends string = string> = RunOptions<
  Qs,
  S,
  M
> &
  (DrawnRequests<M> | ReplayedRequests<M>);

/** What every simulation can be told. */
export interface RunOptions<Qs extends Metrics, S, M extends string> {
  /**
   * The router's name: units are hashed with it, so give it the one that the plan will have. Default `'simulation'`.
   */
  readonly name?: string;
  readonly strategy: S;
  readonly metrics?: Qs;
  /** Who makes the requests. Default: everybody is new. Recorded requests bring their own. */
  readonly population?: Population;
  /**
   * Wall time at the beginning, ms since 1970. Default: Monday, 5 January 2026, 0:00 UTC, or that of the first recorded
   * request.
   */
  readonly startMs?: number;
  /** An integer; one seed gives one run, bit by bit. Default 1. */
  readonly seed?: number;
  /** Replicas that share the requests and one store. Default 1. */
  readonly replicas?: number;
  /**
   * Names of the replicas, where each is an instance of a rolling update: there are as many then. A load balancer
   * avoids those that are not ready.
   */
  readonly instances?: readonly string[];
  /** How often each replica looks. Default 10 000, as a router's. */
  readonly tickEveryMs?: number;
  readonly outages?: readonly Outage[];
  readonly script?: readonly ScriptedCommand[];
  /** The model that harm is measured against. Default: the stable one at the start. */
  readonly reference?: NoInfer<M>;
  /** End as soon as the root is promoted or rolled back. Default false. */
  readonly stopWhenSettled?: boolean;
  /** As a router's. */
  readonly bucketMs?: number;
  readonly timeoutMs?: number;
  readonly onModelError?: 'baseline' | 'throw';
  readonly conditions?: Readonly<Record<string, (context: Context) => boolean>>;
  /** Told of every request. */
  readonly onRequest?: (request: ServedRequest) => void;
  /** Ends the simulation: its promise rejects with `aborted`. */
  readonly signal?: AbortSignal;
}

const integer = must('an integer', (value) => Number.isSafeInteger(value));
const wallTime = must('a time in ms since 1970', (value) => typeof value === 'number' && value >= 0 && value <= 8e15);

const recordedCheck: Check = object({
  lines: must(
    'a text, or something that gives lines one by one',
    (value) =>
      typeof value === 'string' ||
      (typeof value === 'object' && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value)),
  ),
});
const trafficOrRecorded: Check = (value, path, issues) =>
  (isObject(value) && 'lines' in value ? recordedCheck : trafficCheck)(value, path, issues);

export const simulationShape: Readonly<Record<string, Check>> = {
  name: optional(must("a name of 1 to 200 characters without '/'", isName)),
  strategy: must('a strategy, such as new Canary({ … })', isStrategy),
  models: optional(recordOf(modelCheck)),
  metrics: optional(metricsCheck),
  traffic: trafficOrRecorded,
  population: optional(populationCheck),
  forMs: optional(positive),
  startMs: optional(wallTime),
  seed: optional(integer),
  replicas: optional(
    all(
      positiveCount,
      must('at most 100', (value) => !(Number(value) > 100)),
    ),
  ),
  instances: optional(listOf(text, { min: 1, max: 100 })),
  tickEveryMs: optional(positive),
  outages: optional(listOf(outageCheck)),
  script: optional(listOf(commandCheck)),
  reference: optional(text),
  stopWhenSettled: optional(flag),
  bucketMs: optional(positive),
  timeoutMs: optional(positive),
  onModelError: optional(oneOf('baseline', 'throw')),
  conditions: optional(recordOf(callable)),
  onRequest: optional(callable),
  signal: optional(anything),
};

function isName(value: unknown): boolean {
  return typeof value === 'string' && /^[^/]{1,200}$/u.test(value);
}

/** What must fit together: every model has outcomes, every outage something that it hits. */
const togetherCheck: Check = (value, path, issues) => {
  if (!isObject(value)) return;
  const { strategy, models = {}, traffic, forMs, outages, reference } = value as Partial<SimulationOptions>;
  const isRecorded = isObject(traffic) && 'lines' in traffic;
  if (!isRecorded && forMs === undefined) issues.push({ path: `${path}.forMs`, message: 'must say how long to run.' });
  if (!isStrategy(strategy) || !isObject(models)) return;
  const reached: readonly string[] = strategy.models;
  for (const model of isRecorded ? [] : reached) {
    if (!Object.hasOwn(models, model)) issues.push(missing(`${path}.models.${model}`, 'the strategy reaches it'));
  }
  for (const model of Object.keys(models)) {
    if (!reached.includes(model)) {
      issues.push({
        path: `${path}.models.${model}`,
        message: `is not a model of the strategy (${reached.join(', ')}).`,
      });
    }
  }
  if (reference !== undefined && !reached.includes(reference)) {
    issues.push({ path: `${path}.reference`, message: `must be a model of the strategy (${reached.join(', ')}).` });
  }
  // What the router itself would refuse; its own check repeats what has been said already, so only where nothing was.
  if (issues.length === 0) {
    const { name = 'simulation', metrics = {} } = value as Partial<SimulationOptions>;
    const called = Object.fromEntries(reached.map((model) => [model, true]));
    routerCheck({ name, metrics, models: called, strategy }, path, issues);
  }
  if (Array.isArray(outages)) {
    const replicas = replicasOf(value as Partial<SimulationOptions>);
    issues.push(...outageIssues(outages as readonly Outage[], reached, replicas, path));
  }
};

/** How many replicas there are. */
export function replicasOf({ replicas = 1, instances }: Partial<SimulationOptions>): number {
  return instances?.length ?? replicas;
}

function missing(path: string, why: string): Issue {
  return { path, message: `must say what comes of its calls: ${why}.` };
}

function outageIssues(
  outages: readonly Outage[],
  models: readonly string[],
  replicas: number,
  path: string,
): readonly Issue[] {
  return outages.flatMap((outage, index): readonly Issue[] => {
    const at = `${path}.outages[${index}]`;
    if (!isObject(outage)) return [];
    if (outage.of === 'model' && !models.includes(outage.model)) {
      return [{ path: `${at}.model`, message: `must be a model of the strategy (${models.join(', ')}).` }];
    }
    if (outage.of !== 'model' && outage.replica !== undefined && !(outage.replica < replicas)) {
      return [{ path: `${at}.replica`, message: `must be under ${replicas}, the number of replicas, from 0.` }];
    }
    return [];
  });
}

/** The check of everything that `simulate` takes. */
export const simulationCheck: Check = all(object(simulationShape), togetherCheck);
